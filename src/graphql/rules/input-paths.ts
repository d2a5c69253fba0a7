import { type ASTNode, type DocumentNode, type GraphQLError, Kind, visit } from "graphql";

/** The key in an error's extensions that stores the path of the invalid input until the error is formatted. */
export const INPUT_PATH = "inputPath";

/**
 * Notes in errors about literals which input they belong to, as `input.email`: graphql-js does so only for variables. Other
 * errors are not changed.
 */
export const noteInputPaths = (document: DocumentNode, errors: readonly GraphQLError[]): void => {
  const wanted = new Map(errors.flatMap((error) => (error.nodes?.[0] ? [[error.nodes[0], error]] : [])));
  if (wanted.size === 0) return;
  const paths = new Map<ASTNode, string>();
  visit(document, {
    enter(node, _key, parent, keys, ancestors) {
      if (wanted.has(node)) paths.set(node, pathTo([...ancestors, ...(parent ? [parent] : []), node], keys));
    },
  });
  for (const error of errors) {
    const path = error.nodes?.[0] && paths.get(error.nodes[0]);
    if (path) error.extensions[INPUT_PATH] = path;
  }
};

/** The names of argument and fields, and the list indexes, on the way to a value; empty for a node that is not a value. */
const pathTo = (nodes: readonly (ASTNode | readonly ASTNode[])[], keys: readonly (string | number)[]): string =>
  nodes.reduce((path, node, depth) => {
    if (isNodeList(node)) return path;
    switch (node.kind) {
      case Kind.FIELD:
      case Kind.DIRECTIVE:
        return "";
      case Kind.VARIABLE_DEFINITION:
        return node.variable.name.value;
      case Kind.ARGUMENT:
        return node.name.value;
      case Kind.OBJECT_FIELD:
        return `${path}.${node.name.value}`;
      default:
        return isInList(nodes, depth) ? `${path}[${keys[depth - 1]}]` : path;
    }
  }, "");

/** Whether the node is an item of a list value. */
const isInList = (nodes: readonly (ASTNode | readonly ASTNode[])[], depth: number): boolean => {
  const owner = nodes[depth - 2];
  return owner !== undefined && !isNodeList(owner) && owner.kind === Kind.LIST;
};

const isNodeList = (node: ASTNode | readonly ASTNode[]): node is readonly ASTNode[] => Array.isArray(node);
