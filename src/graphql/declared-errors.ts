import type { GraphQLSchema } from "graphql";
import type { Logger } from "#platform/logging";
import type { RequestContext } from "#platform/schema/context";
import { COMMON_ERRORS } from "#platform/schema/errors";
import type { ErrorName } from "#shared/errors";
import { type AccessRules, type RootField, rulesOf } from "./access-rules.ts";
import type { AccessDirectives } from "./directives.ts";
import { toAppError } from "./errors.ts";

/** Appends the list of errors to the description of each mutation: `Errors: CONFLICT/USERNAME_TAKEN, INVALID_TOKEN.` */
export const describeErrors = (schema: GraphQLSchema, directives: AccessDirectives): void => {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    const errors = listedErrors(field as RootField, rulesOf(field as RootField, directives));
    field.description = `${field.description ?? ""}\n\nErrors: ${errors.length > 0 ? errors.join(", ") : "none"}.`;
  }
};

/**
 * The errors that the description of a mutation lists, sorted: those of its @Fails and those of its access rules.
 *
 * @throws {Error} if it has no @Fails
 */
export const listedErrors = (field: RootField, rules: AccessRules): readonly ErrorName[] => {
  const declared = field.extensions.fails as readonly ErrorName[] | undefined;
  if (declared === undefined) throw new Error(`Mutation.${field.name} does not declare its errors: @Fails().`);
  return [...new Set([...declared, ...errorsOf(rules)])].toSorted();
};

/** The errors that access.ts throws if a rule does not hold. */
const errorsOf = (rules: AccessRules): readonly ErrorName[] => [
  ...(rules.public ? [] : (["UNAUTHENTICATED"] as const)),
  ...(rules.public || rules.enrols ? [] : (["FORBIDDEN/ENROLMENT_REQUIRED"] as const)),
  ...(rules.operator || rules.permission !== null ? (["FORBIDDEN/MISSING_PERMISSION"] as const) : []),
  ...(rules.reauth ? (["REAUTHENTICATION_REQUIRED"] as const) : []),
  ...(rules.rateLimit ? (["RATE_LIMITED"] as const) : []),
];

/**
 * Logs an error that the schema does not declare, because clients may not handle it. A test that causes one fails because of this
 * line.
 */
export const logUndeclared = (
  log: Pick<Logger, "error">,
  {
    field,
    listed,
    error,
    context,
  }: {
    readonly field: string;
    readonly listed: readonly ErrorName[];
    readonly error: unknown;
    readonly context: Pick<RequestContext, "requestId">;
  },
): void => {
  const known = toAppError(error);
  if (known === null || [...listed, ...COMMON_ERRORS].includes(known.errorName)) return;
  log.error(
    { reqId: context.requestId, field, undeclared: known.errorName },
    "a mutation returned an error that it does not list",
  );
};
