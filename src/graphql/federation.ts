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
 * What makes the schema a subgraph of Apollo Federation 2 (subgraph specification, "Subgraph schema additions"). The
 * definitions are printed, too, so that schema.graphql is complete for code generators as well as for composition.
 */

/** How many things a router may ask for at once. */
export const MAX_REPRESENTATIONS = 100;

/** As old a version as has what is used here: every router and composer of Federation 2.5 or newer knows it. */
const FEDERATION = "https://specs.apollo.dev/federation/v2.5";

const link = `extend schema @link(url: "${FEDERATION}", import: ["@authenticated", "@key", "@requiresScopes", "@shareable", "FieldSet", "Scope"])`;

/** Says which version of the specification the directives are of. */
export const federationLink = parse(link).definitions[0] as SchemaExtensionNode;

const isRepresentation = (value: unknown): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const requireRepresentation = (value: unknown): unknown => {
  if (isRepresentation(value)) return value;
  throw new GraphQLError("_Any cannot represent a value that is no object.");
};

/** What other subgraphs know of a thing of ours. What is in it is looked at by who resolves it. */
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
    SECURITY: { description: "It guards the data: who does not know it must not serve this schema." },
    EXECUTION: { description: "It says how to execute: who does not know it cannot serve this schema." },
  },
});

/** The directives of Apollo Federation that this schema uses. */
export const federationDirectives: readonly GraphQLDirective[] = [
  new GraphQLDirective({
    name: "key",
    description:
      "Other subgraphs may add fields to this type, and name its things by these fields (Apollo Federation).",
    locations: [DirectiveLocation.OBJECT, DirectiveLocation.INTERFACE],
    isRepeatable: true,
    args: {
      fields: { type: new GraphQLNonNull(FieldSet), description: "The fields that identify it." },
      resolvable: {
        type: GraphQLBoolean,
        defaultValue: true,
        description: "Whether this subgraph finds the thing by them.",
      },
    },
  }),
  new GraphQLDirective({
    name: "shareable",
    description: "Other subgraphs may have this, too, and answer the same (Apollo Federation).",
    locations: [DirectiveLocation.OBJECT, DirectiveLocation.FIELD_DEFINITION],
    isRepeatable: true,
  }),
  new GraphQLDirective({
    name: "authenticated",
    description:
      "The caller has a good access token (Apollo Federation). A router that verifies tokens enforces it, too.",
    locations: [DirectiveLocation.FIELD_DEFINITION, DirectiveLocation.OBJECT],
  }),
  new GraphQLDirective({
    name: "requiresScopes",
    description: "The access token has all permissions of one of these lists (Apollo Federation).",
    locations: [DirectiveLocation.FIELD_DEFINITION, DirectiveLocation.OBJECT],
    args: {
      scopes: {
        type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(Scope))))),
        description: "Any one of the lists is enough.",
      },
    },
  }),
  new GraphQLDirective({
    name: "link",
    description: "Names a specification whose directives this schema uses (https://specs.apollo.dev/link/v1.0).",
    locations: [DirectiveLocation.SCHEMA],
    isRepeatable: true,
    args: {
      url: { type: GraphQLString, description: "Where the specification is, with its version." },
      as: { type: GraphQLString, description: "The prefix of what is not imported." },
      for: { type: linkPurpose, description: "What it is for." },
      import: { type: new GraphQLList(linkImport), description: "What is used without a prefix." },
    },
  }),
];
