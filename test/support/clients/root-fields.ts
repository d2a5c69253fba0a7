import {
  type GraphQLField,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isLeafType,
  isListType,
  isRequiredArgument,
  isUnionType,
  type OperationTypeNode,
} from "graphql";
import { isGuarded } from "./selections.ts";

/** A field of Query, Mutation or Subscription. */
export interface RootField {
  readonly kind: `${OperationTypeNode}`;
  readonly name: string;
  readonly field: GraphQLField<unknown, unknown>;
}

/** Every root field of a schema, so that tests that iterate over them also cover later ones. */
export const rootFieldsOf = (schema: GraphQLSchema): RootField[] =>
  [
    { kind: "query" as const, root: schema.getQueryType() },
    { kind: "mutation" as const, root: schema.getMutationType() },
    { kind: "subscription" as const, root: schema.getSubscriptionType() },
  ].flatMap(({ kind, root }) =>
    Object.values(root?.getFields() ?? {}).map((field) => ({ kind, name: field.name, field })),
  );

/** An operation with one root field, its arguments as variables of the same names, with every field of two levels of objects. */
export const operationOf = ({ kind, name, field }: RootField): string => {
  const variables = field.args.map((arg) => `$${arg.name}: ${withoutDefault(arg)}`).join(", ");
  const args = field.args.map((arg) => `${arg.name}: $${arg.name}`).join(", ");
  const declared = variables && `(${variables})`;
  return `${kind} ${declared} { ${name}${args && `(${args})`} ${selectionOf(field.type, 2)} }`;
};

/** A variable that is left out must leave the argument out, so that its default applies. */
const withoutDefault = (arg: GraphQLField<unknown, unknown>["args"][number]): string =>
  isRequiredArgument(arg)
    ? String(arg.type)
    : String(arg.type).replace(/!$/, arg.defaultValue === undefined ? "!" : "");

/** As the server allows: a list within a list would cost more than the limit of an operation. */
const selectionOf = (type: GraphQLOutputType, depth: number, listed: readonly string[] = []): string => {
  const named = getNamedType(type);
  if (isLeafType(named)) return "";
  if (isUnionType(named)) return "{ __typename }";
  const within = isListType(getNullableType(type)) ? [...listed, named.name] : listed;
  const fields = Object.values(named.getFields())
    .filter(({ args }) => !args.some(isRequiredArgument))
    .filter((field) => !isGuarded(field))
    .filter((field) => isLeafType(getNamedType(field.type)) || depth > 0)
    .filter(
      (field) =>
        isLeafType(getNamedType(field.type)) || !isListType(getNullableType(field.type)) || within.length === 0,
    )
    .map((field) => `${field.name} ${selectionOf(field.type, depth - 1, within)}`);
  return `{ __typename ${fields.join(" ")} }`;
};
