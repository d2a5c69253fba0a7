import { ApolloArmor } from "@escape.tech/graphql-armor";
import type { ValidationRule } from "graphql";
import { queryCostRule } from "./query-cost-rule.ts";
import { singleCredentialRule } from "./single-credential-rule.ts";

/** Longer documents are not parsed to the end. */
export const MAX_TOKENS = 1_000;

/** Bounds what an operation may request, so that no document causes excessive work (graphql-armor). */
const OPERATION_LIMITS = {
  maxDepth: { n: 10 },
  // Without graphql-armor's list of exceptions, because a thousand aliases of __typename are a flood, too.
  maxAliases: { n: 15, allowList: [] as string[] },
  maxDirectives: { n: 20 },
  // Its plugin responds with status 500; the parser counts tokens itself.
  maxTokens: { enabled: false },
  // It supports neither lists nor `first: $n`; queryCostRule does.
  costLimit: { enabled: false },
  // Apollo Server has an equivalent.
  blockFieldSuggestion: { enabled: false },
} as const;

/** The bounds for every operation of an untrusted client, over HTTP and WebSocket. */
export const operationBounds = (): ValidationRule[] => [
  ...(new ApolloArmor(OPERATION_LIMITS).protect().validationRules as ValidationRule[]),
  queryCostRule,
  singleCredentialRule,
];
