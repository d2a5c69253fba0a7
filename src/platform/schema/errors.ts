// type-graphql keeps what its decorators say there: it must be loaded before the first of them runs.
import "reflect-metadata";
import { Extensions } from "type-graphql";
import type { ErrorName } from "#shared/errors";

/** Every mutation can return these, so none lists them; docs/errors.md and the description of `Mutation` name them. */
export const COMMON_ERRORS = [
  "BAD_USER_INPUT",
  "INTERNAL_SERVER_ERROR",
  "SERVICE_UNAVAILABLE",
] as const satisfies readonly ErrorName[];

type ListedError = Exclude<ErrorName, (typeof COMMON_ERRORS)[number]>;

/**
 * Declares the errors of a mutation beside those of its access rules, which are added (graphql/declared-errors.ts): its
 * description ends with the list of both. Without errors of its own: `@Fails()`.
 */
export const Fails = (...errors: readonly ListedError[]) => Extensions({ fails: errors });
