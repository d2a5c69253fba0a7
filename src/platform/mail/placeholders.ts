import Handlebars from "handlebars";

/** The names a template asks its data for, in every branch of it, whether a rendering would reach it or not. */
export const placeholdersOf = (source: string): ReadonlySet<string> => {
  const found = new PathCollector();
  found.accept(Handlebars.parse(source));
  return found.names;
};

class PathCollector extends Handlebars.Visitor {
  readonly names = new Set<string>();

  override PathExpression({ parts }: hbs.AST.PathExpression): void {
    const [name] = parts;
    if (name !== undefined) this.names.add(name);
  }

  /** `{{#if name}}` asks for `name`, not for `if`. What `{{#each items}}` contains asks the items. */
  override BlockStatement({ path, params, program, inverse }: hbs.AST.BlockStatement): void {
    const isLoop = "original" in path && path.original === "each";
    for (const part of isLoop ? params : [...params, program, inverse]) if (part) this.accept(part);
  }

  /** `{{> button href=link}}` asks for `link`, not for `button`. */
  override PartialStatement({ hash }: hbs.AST.PartialStatement): void {
    if (hash) this.accept(hash);
  }
}
