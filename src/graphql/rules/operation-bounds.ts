import { ApolloArmor } from "@escape.tech/graphql-armor";
import type { ValidationRule } from "graphql";
import { boundedLists } from "./bounded-lists.ts";
import { oneCredential } from "./one-credential.ts";

/** Longer texts are not parsed to their end. */
export const MAX_TOKENS = 1_000;

/** Bounds on what an operation may ask, so that no text costs more than it is worth (graphql-armor). */
const OPERATION_LIMITS = {
  maxDepth: { n: 10 },
  // Without its list of exceptions: a thousand aliases of __typename are a flood, too.
  maxAliases: { n: 15, allowList: [] as string[] },
  maxDirectives: { n: 20 },
  // Its plugin answers 500; the parser counts tokens itself.
  maxTokens: { enabled: false },
  // It knows neither lists nor `first: $n`; boundedLists does.
  costLimit: { enabled: false },
  // Apollo Server has its own.
  blockFieldSuggestion: { enabled: false },
} as const;

/** What every operation of a stranger keeps within, by whichever door it comes. */
export const operationBounds = (): ValidationRule[] => [
  ...(new ApolloArmor(OPERATION_LIMITS).protect().validationRules as ValidationRule[]),
  boundedLists,
  oneCredential,
];
