import {
  DirectiveLocation,
  GraphQLBoolean,
  GraphQLDirective,
  GraphQLEnumType,
  GraphQLError,
  GraphQLList,
  GraphQLNonNull,
  GraphQLScalarType,
  GraphQLString,
  parse,
  type SchemaExtensionNode,
  valueFromASTUntyped,
} from "graphql";

/**
 * The definitions that make the schema a subgraph of Apollo Federation 2 (subgraph specification, "Subgraph schema additions").
 * They are printed, too, so that schema.graphql is complete for code generators as well as for composition.
 */

/** How many entities a router may request at once. */
export const MAX_REPRESENTATIONS = 100;

/** The oldest version that has the features used here: every router and composer of Federation 2.5 or newer knows it. */
const FEDERATION = "https://specs.apollo.dev/federation/v2.5";

const link = `extend schema @link(url: "${FEDERATION}", import: ["@authenticated", "@key", "@requiresScopes", "@shareable", "FieldSet", "Scope"])`;

/** Declares the version of the specification that the directives belong to. */
export const federationLink = parse(link).definitions[0] as SchemaExtensionNode;

const isRepresentation = (value: unknown): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const requireRepresentation = (value: unknown): unknown => {
  if (isRepresentation(value)) return value;
  throw new GraphQLError("_Any cannot represent a value that is not an object.");
};

/** What other subgraphs know about an entity. The resolver validates its contents. */
export const Representation = new GraphQLScalarType({
  name: "_Any",
  description: 'What another subgraph knows of an entity: `{ "__typename": "User", "id": "…" }`.',
  parseValue: requireRepresentation,
  parseLiteral: (node, variables) => requireRepresentation(valueFromASTUntyped(node, variables)),
});

const FieldSet = new GraphQLScalarType({
  name: "FieldSet",
  description: "A selection of fields, without its outer braces (Apollo Federation).",
});

const Scope = new GraphQLScalarType({
  name: "Scope",
  description: "A permission, as the claim `scope` of an access token names it (Apollo Federation).",
});

const linkImport = new GraphQLScalarType({
  name: "link__Import",
  description: "The name of a directive or type of the linked specification.",
});

const linkPurpose = new GraphQLEnumType({
  name: "link__Purpose",
  description: "What a linked specification is for.",
  values: {
    SECURITY: { description: "It protects the data: a server that does not know it must not serve this schema." },
    EXECUTION: { description: "It affects execution: a server that does not know it cannot serve this schema." },
  },
});

/** The directives of Apollo Federation that this schema uses. */
export const federationDirectives: readonly GraphQLDirective[] = [
  new GraphQLDirective({
    name: "key",
    description:
      "Other subgraphs may add fields to this type, and identify its entities by these fields (Apollo Federation).",
    locations: [DirectiveLocation.OBJECT, DirectiveLocation.INTERFACE],
    isRepeatable: true,
    args: {
      fields: { type: new GraphQLNonNull(FieldSet), description: "The fields that identify it." },
      resolvable: {
        type: GraphQLBoolean,
        defaultValue: true,
        description: "Whether this subgraph can find the entity by these fields.",
      },
    },
  }),
  new GraphQLDirective({
    name: "shareable",
    description: "Other subgraphs may define this, too, and return the same (Apollo Federation).",
    locations: [DirectiveLocation.OBJECT, DirectiveLocation.FIELD_DEFINITION],
    isRepeatable: true,
  }),
  new GraphQLDirective({
    name: "authenticated",
    description:
      "The caller has a valid access token (Apollo Federation). A router that verifies tokens enforces it, too.",
    locations: [DirectiveLocation.FIELD_DEFINITION, DirectiveLocation.OBJECT],
  }),
  new GraphQLDirective({
    name: "requiresScopes",
    description: "The access token has all permissions of one of these lists (Apollo Federation).",
    locations: [DirectiveLocation.FIELD_DEFINITION, DirectiveLocation.OBJECT],
    args: {
      scopes: {
        type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(Scope))))),
        description: "One of these lists is sufficient.",
      },
    },
  }),
  new GraphQLDirective({
    name: "link",
    description: "Names a specification whose directives this schema uses (https://specs.apollo.dev/link/v1.0).",
    locations: [DirectiveLocation.SCHEMA],
    isRepeatable: true,
    args: {
      url: { type: GraphQLString, description: "The URL of the specification, with its version." },
      as: { type: GraphQLString, description: "The prefix of names that are not imported." },
      for: { type: linkPurpose, description: "What it is for." },
      import: { type: new GraphQLList(linkImport), description: "The names that are used without a prefix." },
    },
  }),
];
