// type-graphql needs its polyfill before the first decorator runs.
import "reflect-metadata";
import { printSchemaWithDirectives } from "@graphql-tools/utils";
import {
  type ConstDirectiveNode,
  type GraphQLObjectType,
  GraphQLOneOfDirective,
  GraphQLSchema,
  getDirectiveValues,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  lexicographicSortSchema,
  specifiedDirectives,
} from "graphql";
import { buildSchemaSync, type ClassType, type NonEmptyArray, type PubSub } from "type-graphql";
import { FEATURES } from "#features/index";
import { COMMON_ERRORS } from "#platform/schema/errors";
import { type AccessDeps, enforceAccess } from "./access.ts";
import { describeErrors } from "./declared-errors.ts";
import { accessDirectives } from "./directives.ts";
import { ErrorCatalogResolver } from "./error-catalog.ts";
import { FederationResolver } from "./federation.resolver.ts";
import { federationDirectives, federationLink } from "./federation.ts";
import { NodeResolver } from "./node.resolver.ts";
import { addRouterDirectives } from "./router-directives.ts";
import { isBoundedField } from "./rules/query-cost-rule.ts";
import { wireSubscriptions } from "./subscriptions/wire-subscriptions.ts";

/** The instance of each resolver class. */
export type ResolverInstances = ReadonlyMap<ClassType, object>;

/**
 * The schema that type-graphql builds from the classes, plus the directives that it does not support. With `isChecked` it is also
 * introspected, which costs more than building it: the classes do not change after the build, so that is done when the schema is
 * printed, as a test does.
 */
const assembleSchema = (
  instances: ResolverInstances,
  { isChecked }: { readonly isChecked: boolean },
): { schema: GraphQLSchema; directives: ReturnType<typeof accessDirectives> } => {
  const built = buildSchemaSync({
    resolvers: [
      ...resolverClasses(),
      NodeResolver,
      FederationResolver,
      ErrorCatalogResolver,
    ] as unknown as NonEmptyArray<ClassType>,
    container: { get: (resolver: ClassType) => instances.get(resolver) ?? missing(resolver) },
    pubSub: NO_TOPICS,
    validate: false,
    skipCheck: !isChecked,
  });
  const directives = accessDirectives();
  const config = built.toConfig();
  const schema = new GraphQLSchema({
    ...config,
    directives: [...specifiedDirectives, ...Object.values(directives), ...federationDirectives],
    extensionASTNodes: [...config.extensionASTNodes, federationLink],
  });
  describeRoots(schema);
  enforceOneOf(schema);
  addRouterDirectives(schema, directives);
  checkDirectives(schema);
  describeErrors(schema, directives);
  checkListBounds(schema);
  wireSubscriptions(schema);
  return { schema, directives };
};

/** The resolver classes of the features. They are created without dependencies, which only a call would need. */
const resolverClasses = (): ClassType[] =>
  FEATURES.flatMap((feature) => feature.resolvers({} as never)).map((resolver) => resolver.constructor as ClassType);

/** type-graphql requires a PubSub for subscriptions; this API has its own feeds (wire-subscriptions.ts). */
const NO_TOPICS: PubSub = {
  publish: () => {},
  subscribe: (topic) => {
    throw new Error(`Topic ${topic} is never published.`);
  },
};

const missing = (resolver: ClassType): never => {
  throw new Error(`The composition root did not create ${resolver.name}.`);
};

/** type-graphql creates the root types itself, without descriptions. */
const describeRoots = (schema: GraphQLSchema): void => {
  const descriptions: [GraphQLObjectType | null | undefined, string][] = [
    [schema.getQueryType(), "What can be read. A field without `@public` needs an access token."],
    [
      schema.getMutationType(),
      "What can be changed, and look-ups with a secret. Each mutation has one `input` and one payload or union, and lists its " +
        `errors as CODE or CODE/REASON; beside them every mutation can return ${COMMON_ERRORS.join(", ")}.`,
    ],
    [schema.getSubscriptionType(), "Events pushed as they happen, over a WebSocket (graphql-transport-ws)."],
  ];
  for (const [root, description] of descriptions) if (root) root.description = description;
};

/** type-graphql prints `@oneOf`, but does not set the flag by which graphql-js enforces it. */
const enforceOneOf = (schema: GraphQLSchema): void => {
  for (const type of Object.values(schema.getTypeMap()))
    if (isInputObjectType(type) && type.astNode && getDirectiveValues(GraphQLOneOfDirective, type.astNode))
      type.isOneOf = true;
};

/**
 * type-graphql accepts any text as a directive. An undeclared directive, or one with wrong arguments, must not count as an access
 * rule.
 */
const checkDirectives = (schema: GraphQLSchema): void => {
  const check = (where: string, nodes: readonly ConstDirectiveNode[] = []) => {
    for (const node of nodes) {
      const directive = schema.getDirective(node.name.value);
      if (!directive) throw new Error(`${where}: unknown directive @${node.name.value}.`);
      getDirectiveValues(directive, { directives: nodes });
    }
  };
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    check(type.name, type.astNode?.directives);
    for (const field of Object.values(type.getFields())) check(`${type.name}.${field.name}`, field.astNode?.directives);
  }
};

/** The cost of a list of objects without a declared bound would have to be guessed (query-cost-rule.ts). */
const checkListBounds = (schema: GraphQLSchema): void => {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || isIntrospectionType(type)) continue;
    for (const field of Object.values(type.getFields()))
      if (!isBoundedField(type, field)) throw new Error(`${type.name}.${field.name} needs \`first\` or @AtMost.`);
  }
};

/** The served schema, in which every root field enforces its access rules. */
export const buildServedSchema = (instances: ResolverInstances, access: AccessDeps): GraphQLSchema => {
  const { schema, directives } = assembleSchema(instances, { isChecked: false });
  enforceAccess(schema, directives, access);
  return schema;
};

/** The schema for composers of a supergraph: Federation 2.14 does not support `@oneOf`, which this API enforces itself. */
export const printSubgraphSchema = (): string => printServedSchema().replaceAll(" @oneOf", "");

/**
 * The schema as stored in `schema.graphql`: sorted, with directives and descriptions. Needs no instances, because nothing is
 * called.
 */
export const printServedSchema = (): string => {
  const { schema } = assembleSchema(new Map(), { isChecked: true });
  return `${printSchemaWithDirectives(lexicographicSortSchema(schema))}\n`;
};
