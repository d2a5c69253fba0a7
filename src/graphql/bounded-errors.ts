import type { GraphQLFormattedError } from "graphql";
import type { ErrorCode, FieldError } from "#shared/errors";

/** At most this many faults of an operation are searched for before it runs: more would only cost time. */
export const MAX_FAULTS = 10;
/** Errors about the operation itself in one response. */
const MAX_REFUSALS = 5;
/** Errors of fields in one response; an operation has at most fifteen aliases. */
const MAX_FAILURES = 20;
/** Faults of one input in one response. */
const MAX_FIELDS = 50;

/**
 * Bounds the errors of one response, because an operation can cause one for each item of a long list. Faults of the input are
 * merged into one error that lists every field.
 */
export const boundErrors = (errors: readonly GraphQLFormattedError[]): GraphQLFormattedError[] => {
  const failures = errors.filter(({ path }) => path !== undefined);
  const refusals = mergeInputFaults(errors.filter(({ path }) => path === undefined));
  return [...refusals.slice(0, MAX_REFUSALS), ...failures.slice(0, MAX_FAILURES)];
};

const mergeInputFaults = (errors: readonly GraphQLFormattedError[]): GraphQLFormattedError[] => {
  const faulty = errors.filter(({ extensions }) => extensions?.code === ("BAD_USER_INPUT" satisfies ErrorCode));
  const [first] = faulty;
  if (!first) return [...errors];
  const fields = faulty.flatMap(({ extensions }) => (extensions?.fields as readonly FieldError[] | undefined) ?? []);
  const merged =
    fields.length === 0
      ? first
      : { ...first, extensions: { ...first.extensions, fields: fields.slice(0, MAX_FIELDS) } };
  return errors.flatMap((error) => (error === first ? [merged] : faulty.includes(error) ? [] : [error]));
};
