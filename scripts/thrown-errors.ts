import { fileURLToPath } from "node:url";
import ts from "typescript";
import { type ErrorCode, type ErrorName, REASON_CODES } from "../src/shared/errors.ts";

const PROJECT = fileURLToPath(new URL("../", import.meta.url));

/** The errors of one mutation, each with the functions that lead from its resolver to the code that creates it. */
export type ThrownErrors = ReadonlyMap<ErrorName, readonly string[]>;

/**
 * Finds the errors that each mutation can return, by analysing the sources: it follows every function named in the resolver's
 * method, transitively, and collects the `new AppError(…)` in them. It ignores conditions and follows an interface into all of
 * its implementations, so it finds too many errors rather than too few.
 *
 * @returns by the mutations' names
 */
export const findThrownErrors = (): ReadonlyMap<string, ThrownErrors> => {
  const sources = new Sources(programOfSources());
  return new Map(sources.mutations().map((method) => [method.name.getText(), sources.errorsFrom(method)]));
};

const programOfSources = (): ts.Program => {
  const { config } = ts.readConfigFile(`${PROJECT}tsconfig.json`, ts.sys.readFile);
  const { fileNames, options } = ts.parseJsonConfigFileContent({ ...config, include: ["src"] }, ts.sys, PROJECT);
  const host = ts.createCompilerHost(options);
  // Packages throw no AppError, and checking their types takes most of the time, so their values have no type here.
  host.resolveModuleNameLiterals = (literals, file) =>
    literals.map(({ text }) =>
      /^[.#]/.test(text) ? ts.resolveModuleName(text, file, options, host) : { resolvedModule: undefined },
    );
  const rootNames = fileNames.filter((name) => !name.endsWith(".test.ts"));
  return ts.createProgram({ rootNames, options: { ...options, types: [] }, host });
};

/** Not followed: listeners, which run separately from the publisher, and look-ups of a tenant by its id, which always exists. */
const NOT_FOLLOWED: ReadonlySet<string> = new Set(["pubsub.ts:publish", "tenants.service.ts:get"]);

/** SQL and tables, whose types take most of the time; they create no errors. */
const OF_DATABASE = /\.(repository|table)\.ts$/;

/** The effects of one function: the errors that it creates, and the functions that it names. */
interface Body {
  readonly makes: readonly ErrorName[];
  readonly names: readonly ts.Declaration[];
}

class Sources {
  readonly #checker: ts.TypeChecker;
  readonly #files: readonly ts.SourceFile[];
  /** For a member of an interface or class: the members of classes and object literals that implement it. */
  readonly #implementations = new Map<ts.Declaration, ts.Declaration[]>();
  readonly #bodies = new Map<ts.Declaration, Body>();

  constructor(program: ts.Program) {
    this.#checker = program.getTypeChecker();
    const all = program.getSourceFiles();
    const unfit = all.filter(({ fileName, text }) => OF_DATABASE.test(fileName) && /\bAppError\b/.test(text));
    if (unfit.length > 0) throw new Error(`No place for an AppError: ${unfit.map(({ fileName }) => fileName).join()}`);
    this.#files = all.filter((file) => isOurs(file));
    for (const file of this.#files) this.#findImplementations(file);
  }

  mutations(): ts.MethodDeclaration[] {
    const found: ts.MethodDeclaration[] = [];
    const visit = (node: ts.Node): void => {
      if (ts.isMethodDeclaration(node) && ts.getDecorators(node)?.some(isMutation)) found.push(node);
      ts.forEachChild(node, visit);
    };
    for (const file of this.#files) visit(file);
    return found;
  }

  /** Breadth first, so that the path to each error is a shortest one. */
  errorsFrom(start: ts.Declaration): ThrownErrors {
    const cameFrom = new Map<ts.Declaration, ts.Declaration | null>([[start, null]]);
    const found = new Map<ErrorName, readonly string[]>();
    for (const at of cameFrom.keys()) {
      const { makes, names } = this.#bodyOf(at);
      for (const name of makes) if (!found.has(name)) found.set(name, wayTo(at, cameFrom));
      for (const next of names) if (!cameFrom.has(next)) cameFrom.set(next, at);
    }
    return found;
  }

  #findImplementations(node: ts.Node): void {
    const note = (base: ts.Symbol | undefined, implementation: ts.Declaration): void => {
      for (const declaration of base?.declarations ?? []) {
        const known = this.#implementations.get(declaration);
        if (known) known.push(implementation);
        else this.#implementations.set(declaration, [implementation]);
      }
    };
    if (ts.isClassDeclaration(node))
      for (const base of (node.heritageClauses ?? []).flatMap(({ types }) => types)) {
        const type = this.#checker.getTypeAtLocation(base);
        for (const member of node.members) if (member.name) note(type.getProperty(member.name.getText()), member);
      }
    if (ts.isObjectLiteralExpression(node) && node.properties.some(isWrittenFunction)) {
      const type = this.#checker.getContextualType(node);
      for (const member of node.properties)
        if (type && member.name) note(type.getProperty(member.name.getText()), member);
    }
    ts.forEachChild(node, (child) => this.#findImplementations(child));
  }

  #bodyOf(declaration: ts.Declaration): Body {
    const known = this.#bodies.get(declaration);
    if (known) return known;
    const makes: ErrorName[] = [];
    const names: ts.Declaration[] = [];
    const visit = (node: ts.Node): void => {
      if (ts.isTypeNode(node)) return;
      if (ts.isNewExpression(node) && node.expression.getText() === "AppError") makes.push(...this.#errorsOf(node));
      if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) names.push(...this.#functionsNamedBy(node));
      ts.forEachChild(node, visit);
    };
    const code = codeOf(declaration);
    if (code && !NOT_FOLLOWED.has(labelOf(declaration))) visit(code);
    const body = { makes, names };
    this.#bodies.set(declaration, body);
    return body;
  }

  /** The errors that `new AppError(code, { reason })` can create, by the types of both. */
  #errorsOf({
    arguments: [code, detail] = [] as unknown as ts.NodeArray<ts.Expression>,
  }: ts.NewExpression): ErrorName[] {
    const codes = code ? literalsOf(this.#checker.getTypeAtLocation(code)) : [];
    const reason = detail && this.#checker.getTypeAtLocation(detail).getProperty("reason");
    const type = reason && detail && this.#checker.getTypeOfSymbolAtLocation(reason, detail);
    const reasons = type ? literalsOf(type) : [undefined];
    if (reason && reason.flags & ts.SymbolFlags.Optional) reasons.push(undefined);
    return codes.flatMap((one) => reasons.filter((why) => isPair(one, why)).map((why) => nameOf(one, why)));
  }

  #functionsNamedBy(name: ts.Identifier | ts.PrivateIdentifier): ts.Declaration[] {
    const { parent } = name;
    const symbol = ts.isShorthandPropertyAssignment(parent)
      ? this.#checker.getShorthandAssignmentValueSymbol(parent)
      : this.#checker.getSymbolAtLocation(name);
    const named = symbol && symbol.flags & ts.SymbolFlags.Alias ? this.#checker.getAliasedSymbol(symbol) : symbol;
    const declarations = named?.declarations ?? [];
    return [...declarations, ...declarations.flatMap((one) => this.#implementations.get(one) ?? [])].filter(
      (one) => isOurs(one.getSourceFile()) && this.#isFunction(one),
    );
  }

  /** Data is not followed: reading a value does not run the code that created it. */
  #isFunction(declaration: ts.Declaration): boolean {
    if (ts.isFunctionLike(declaration)) return true;
    if (!isValue(declaration)) return false;
    const isOfModule = ts.isVariableDeclaration(declaration) && ts.isSourceFile(declaration.parent.parent.parent);
    return isOfModule || this.#checker.getTypeAtLocation(declaration).getCallSignatures().length > 0;
  }
}

const isOurs = ({ fileName }: ts.SourceFile): boolean =>
  fileName.startsWith(`${PROJECT}src/`) && !OF_DATABASE.test(fileName);

/** Most objects are data, for which the contextual type need not be determined. */
const isWrittenFunction = (member: ts.ObjectLiteralElementLike): boolean =>
  ts.isFunctionLike(member) || (ts.isPropertyAssignment(member) && ts.isFunctionLike(member.initializer));

const isMutation = (decorator: ts.Decorator): boolean => decorator.getText().startsWith("@Mutation(");

type Value = ts.VariableDeclaration | ts.PropertyAssignment | ts.PropertyDeclaration | ts.ShorthandPropertyAssignment;

const isValue = (node: ts.Declaration): node is Value =>
  ts.isVariableDeclaration(node) ||
  ts.isPropertyAssignment(node) ||
  ts.isPropertyDeclaration(node) ||
  ts.isShorthandPropertyAssignment(node);

const codeOf = (declaration: ts.Declaration): ts.Node | undefined => {
  if (ts.isShorthandPropertyAssignment(declaration)) return declaration.name;
  const { body, initializer } = declaration as { readonly body?: ts.Node; readonly initializer?: ts.Node };
  return body ?? initializer;
};

/** The texts that a type allows; undefined for other types. */
const literalsOf = (type: ts.Type): (string | undefined)[] =>
  (type.isUnion() ? type.types : [type]).map((one) => (one.isStringLiteral() ? one.value : undefined));

/** If only the type of a reason is known, the code determines which reasons are possible. */
const isPair = (code: string | undefined, reason: string | undefined): boolean =>
  code !== undefined && (reason === undefined || (REASON_CODES as Record<string, ErrorCode>)[reason] === code);

const nameOf = (code: string | undefined, reason: string | undefined): ErrorName =>
  (reason === undefined ? code : `${code}/${reason}`) as ErrorName;

const wayTo = (end: ts.Declaration, cameFrom: ReadonlyMap<ts.Declaration, ts.Declaration | null>): string[] => {
  const way: string[] = [];
  for (let at: ts.Declaration | null = end; at; at = cameFrom.get(at) ?? null) way.unshift(labelOf(at));
  return way;
};

const labelOf = (declaration: ts.Declaration): string => {
  const file = declaration.getSourceFile().fileName.split("/").at(-1) ?? "";
  return `${file}:${ts.getNameOfDeclaration(declaration)?.getText() ?? "?"}`;
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , only] = process.argv;
  for (const [mutation, errors] of findThrownErrors()) {
    if (only && only !== mutation) continue;
    process.stdout.write(`${mutation}: ${[...errors.keys()].toSorted().join(", ")}\n`);
    if (only) for (const [error, way] of errors) process.stdout.write(`  ${error}: ${way.join(" > ")}\n`);
  }
}
