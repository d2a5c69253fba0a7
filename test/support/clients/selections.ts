import {
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isAbstractType,
  isInterfaceType,
  isLeafType,
  isListType,
  isObjectType,
  isRequiredArgument,
} from "graphql";

/** As deep as an operation may be, but for the operation and the root field themselves. */
const MOST_DEPTH = 7;
/** Fields that refuse a caller without their permission: they have tests of their own. */
export const GUARDED: ReadonlySet<string> = new Set(["Tenant.domains", "Tenant.members", "Tenant.securityEvents"]);
/** Few, so that the answer cannot have more fields than the server allows. */
const FIRST = 5;

/**
 * All that can be selected of a type, as far as the server lets anybody go: a type comes twice on a path at most, the second
 * time with its scalars alone, as do the second field of one type and a list without `first` in another list; no list lies within
 * a list of the same type, and no list without `first` within another one.
 * Where the type is an interface, what `concrete` has of it.
 */
export const everythingOf = (schema: GraphQLSchema, type: GraphQLOutputType, concrete?: GraphQLNamedType): string => {
  const select = (
    named: GraphQLNamedType,
    path: readonly string[],
    listed: readonly string[],
    plain: boolean,
  ): string => {
    if (isLeafType(named)) return "";
    // Of kinds of rows what they share; all of them together would be more than an operation may ask.
    if (isAbstractType(named) && (concrete || !isKindOfRow(named))) {
      const [first] = schema.getPossibleTypes(named);
      const target = concrete ?? first;
      return `{ __typename ... on ${target?.name} ${target && select(target, path, listed, plain)} }`;
    }
    if (!isObjectType(named) && !isInterfaceType(named)) return "";
    const again = path.includes(named.name) || (plain && listed.length > 1);
    const before = new Set<string>();
    const fields = Object.values(named.getFields())
      .filter(({ name }) => !GUARDED.has(`${named.name}.${name}`))
      .filter(({ args }) => !args.some(isRequiredArgument) || args.every(({ name }) => name === "first"))
      .map((field) => {
        const of = getNamedType(field.type);
        const isList = isListType(getNullableType(field.type)) && !isLeafType(of);
        if (isLeafType(of)) return field.name;
        const hasFirst = field.args.some(({ name }) => name === "first");
        // It counts as long as it can ever be.
        const isPlain = isList && !hasFirst && !named.name.endsWith("Connection");
        if (again || path.length >= MOST_DEPTH || (isList && listed.includes(of.name)) || (isPlain && plain)) return "";
        const repeated = before.has(of.name) ? [of.name] : [];
        before.add(of.name);
        const within = select(
          of,
          [...path, named.name, ...repeated],
          isList ? [...listed, of.name] : listed,
          plain || isPlain,
        );
        return `${field.name}${hasFirst ? `(first: ${FIRST})` : ""} ${within}`;
      });
    return `{ __typename ${fields.join(" ")} }`;
  };
  const isList = isListType(getNullableType(type));
  return select(getNamedType(type), [], isList ? [getNamedType(type).name] : [], isList);
};

/** Whether the types of this interface are kinds of rows of one list, like those of security events; Node is of all things. */
const isKindOfRow = (type: GraphQLNamedType): boolean => isInterfaceType(type) && type.name !== "Node";

/** Every object type that an answer to a query can hold, but for kinds of rows that are not among `kinds`. */
export const reachableTypes = (schema: GraphQLSchema, kinds: ReadonlySet<string>): Set<string> => {
  const found = new Set<string>();
  const visit = (type: GraphQLNamedType | null | undefined): void => {
    if (isAbstractType(type)) for (const possible of schema.getPossibleTypes(type)) visit(possible);
    if (!isObjectType(type) || found.has(type.name)) return;
    if (type.getInterfaces().some(isKindOfRow) && !kinds.has(type.name)) return;
    found.add(type.name);
    for (const field of Object.values(type.getFields())) visit(getNamedType(field.type));
  };
  visit(schema.getQueryType());
  found.delete("Query");
  return found;
};
