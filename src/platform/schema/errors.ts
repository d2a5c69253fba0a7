// type-graphql stores its decorators' data there, so it must be loaded before the first of them runs.
import "reflect-metadata";
import { Extensions } from "type-graphql";
import type { ErrorName } from "#shared/errors";

/** Every mutation can return these, so no mutation lists them; docs/errors.md and the description of `Mutation` do. */
export const COMMON_ERRORS = [
  "BAD_USER_INPUT",
  "INTERNAL_SERVER_ERROR",
  "SERVICE_UNAVAILABLE",
] as const satisfies readonly ErrorName[];

type ListedError = Exclude<ErrorName, (typeof COMMON_ERRORS)[number]>;

/**
 * Declares the errors of a mutation. Those of its access rules are added (graphql/declared-errors.ts); its description ends with
 * the list of both. For a mutation without errors of its own: `@Fails()`.
 */
export const Fails = (...errors: readonly ListedError[]) => Extensions({ fails: errors });
