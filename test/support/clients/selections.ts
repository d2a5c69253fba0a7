import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
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

/** The maximum depth of an operation, without the operation and the root field. */
const MOST_DEPTH = 7;
/** Whether a field below the root is refused without a permission (@auth). General operations leave it out. */
export const isGuarded = ({ astNode }: Pick<GraphQLField<unknown, unknown>, "astNode">): boolean =>
  astNode?.directives?.some(({ name }) => name.value === "auth") ?? false;

/** Valid arguments for the guarded fields that require some. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  "Tenant.policyPreview": "(policy: { secondFactor: REQUIRED_OWN })",
  "Tenant.statistics": '(from: "2020-01-01T00:00:00Z", to: "2020-01-02T00:00:00Z", interval: DAY)',
};

/** Each guarded field below the root, by its path, with a selection of all its fields. */
export const guardedSelections = (schema: GraphQLSchema): ReadonlyMap<string, string> => {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const types = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type) && !roots.includes(type));
  return new Map(
    types.flatMap((type) =>
      Object.values((type as GraphQLObjectType).getFields())
        .filter(isGuarded)
        .map((field): [string, string] => {
          const path = `${type.name}.${field.name}`;
          const first = field.args.some(({ name }) => name === "first") ? `(first: ${FIRST})` : "";
          return [path, `${field.name}${ARGUMENTS[path] ?? first} ${everythingOf(schema, field.type)}`];
        }),
    ),
  );
};

/** Few, so that the response cannot have more fields than the server allows. */
const FIRST = 3;

/**
 * Everything that can be selected of a type, within the server's limits. A type occurs at most twice on a path, the second time
 * with its scalars only; the same applies to the second field of one type and to a list without `first` in another list. No list
 * is nested in a list of the same type, and no list without `first` in another one.
 * For an interface, the fields of the type `concrete`.
 */
export const everythingOf = (schema: GraphQLSchema, type: GraphQLOutputType, concrete?: GraphQLNamedType): string => {
  const select = (
    named: GraphQLNamedType,
    path: readonly string[],
    listed: readonly string[],
    plain: boolean,
  ): string => {
    if (isLeafType(named)) return "";
    // Of the row types of a list, only the shared fields; those of all types together would exceed the limit.
    const wanted = path.length === 0 ? concrete : undefined;
    if (isAbstractType(named) && named !== wanted && (wanted || !isKindOfRow(named))) {
      const [first] = schema.getPossibleTypes(named);
      const target = wanted ?? first;
      return `{ __typename ... on ${target?.name} ${target && select(target, path, listed, plain)} }`;
    }
    if (!isObjectType(named) && !isInterfaceType(named)) return "";
    const again = path.includes(named.name) || (plain && listed.length > 1);
    const before = new Set<string>();
    const fields = Object.values(named.getFields())
      .filter((field) => !isGuarded(field))
      .filter(({ args }) => !args.some(isRequiredArgument) || args.every(({ name }) => name === "first"))
      .map((field) => {
        const of = getNamedType(field.type);
        const isList = isListType(getNullableType(field.type)) && !isLeafType(of);
        if (isLeafType(of)) return field.name;
        // They are the same as in `edges`.
        if (field.name === "nodes" && named.name.endsWith("Connection")) return "nodes { __typename }";
        const hasFirst = field.args.some(({ name }) => name === "first");
        // It counts with its maximum length.
        const isPlain = isList && !hasFirst && !named.name.endsWith("Connection");
        // Connections in the rows of another list have a separate test (test/architecture/nested-access.test.ts).
        if (of.name.endsWith("Connection") && listed.length > 0) return "";
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

/**
 * Whether the types of this interface are row types of one list, like those of security events; Node is an interface of all
 * objects.
 */
const isKindOfRow = (type: GraphQLNamedType): boolean => isInterfaceType(type) && type.name !== "Node";

/** Every object type that the response to a query can contain, except row types that are not among `kinds`. */
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
