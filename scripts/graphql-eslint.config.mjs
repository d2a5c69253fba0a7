import graphql from "@graphql-eslint/eslint-plugin";

const { rules: everyRule } = graphql.configs["flat/schema-all"];
const { rules: relayRules } = graphql.configs["flat/schema-relay"];
const { "@graphql-eslint/naming-convention": naming } = everyRule;

/** The names defined by the specifications of Federation and `@link`. */
const OF_FEDERATION = "^(_entities|_service|_Any|_Entity|_Service|link__Import|link__Purpose)$";

/** The rules that do not apply, at most ten, each with its reason. */
const disabled = {
  // Fields are in reading order: first those that identify an object, then its state, then its times.
  alphabetize: "off",
  // Payloads, connections and value objects (tokens, a policy, a place) are not entities. Every `Node` has an id.
  "strict-id-in-types": "off",
  // The schema has mutations and subscriptions.
  "no-root-type": "off",
  // A failed mutation returns `data: null` and an error with a code (contract: errors stay GraphQL errors), so its payload is
  // non-null.
  // Look-ups by id are nullable: test/architecture/schema.test.ts.
  "require-nullable-result-in-root": "off",
  // A payload contains the objects that changed. A client that needs more sends another operation.
  "require-field-of-type-query-in-mutation-result": "off",
  // It treats `User.username` as a repetition of the type's name.
  "no-typename-prefix": "off",
  // `@deprecated` has no date. Deprecated elements are removed in the next major version: docs/api-policy.md.
  "require-deprecation-date": "off",
};

/** `npm run lint` applies all other rules for schemas, and those of Relay, to schema.graphql. */
export default [
  {
    files: ["schema.graphql"],
    languageOptions: { parser: graphql.parser, parserOptions: { graphQLConfig: { schema: "./schema.graphql" } } },
    plugins: { "@graphql-eslint": graphql },
    rules: {
      ...everyRule,
      ...relayRules,
      "@graphql-eslint/naming-convention": [
        "error",
        {
          ...naming[1],
          types: { style: "PascalCase", ignorePattern: OF_FEDERATION },
          FieldDefinition: { style: "camelCase", ignorePattern: OF_FEDERATION },
          allowLeadingUnderscore: true,
        },
      ],
      "@graphql-eslint/input-name": ["error", { checkInputType: true, caseSensitiveInputType: false }],
      // Lists that never grow (a user's roles, live sessions) are lists.
      "@graphql-eslint/relay-edge-types": ["error", { listTypeCanWrapOnlyEdgeType: false }],
      ...Object.fromEntries(Object.entries(disabled).map(([name, level]) => [`@graphql-eslint/${name}`, level])),
    },
  },
];
