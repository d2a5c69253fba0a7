import { GraphQLError, type GraphQLFormattedError } from "graphql";
import { isDatabaseUnavailable } from "#platform/database/errors";
import type { Logger } from "#platform/logging";
import { AppError, ERROR_STATUS, type ErrorCode, extensionsOf, type FieldError } from "#shared/errors";
import { INPUT_PATH } from "./rules/input-paths.ts";

/** Seconds after which clients should retry while a part of the service is unavailable. */
const RETRY_AFTER_SECONDS = 1;

/** The error that a client may see, unwrapped from other errors; null for an unexpected error. */
export const toAppError = (error: unknown): AppError | null => {
  if (error instanceof AppError) return error;
  if (error instanceof GraphQLError) return error.originalError ? toAppError(error.originalError) : null;
  if (isDatabaseUnavailable(error))
    return new AppError("SERVICE_UNAVAILABLE", { retryAfter: RETRY_AFTER_SECONDS, cause: error });
  return null;
};

/** Maps Apollo's own codes to those of this API, so that the list of codes that clients know is complete. */
const APOLLO_CODES: Readonly<Record<string, ErrorCode>> = {
  GRAPHQL_PARSE_FAILED: "BAD_REQUEST",
  GRAPHQL_VALIDATION_FAILED: "BAD_REQUEST",
  BAD_USER_INPUT: "BAD_USER_INPUT",
  BAD_REQUEST: "BAD_REQUEST",
  OPERATION_RESOLUTION_FAILURE: "BAD_REQUEST",
  PERSISTED_QUERY_NOT_FOUND: "BAD_REQUEST",
  PERSISTED_QUERY_NOT_SUPPORTED: "BAD_REQUEST",
};

/** Log lines per operation: the same fault may occur in each item of a list. */
const MAX_LOGGED = 3;

/** The original error behind a GraphQLError. */
const rootOf = (error: unknown): unknown => (error instanceof GraphQLError ? (error.originalError ?? error) : error);

/** Whether the error is unexpected: the client sees INTERNAL_SERVER_ERROR, so the log must contain the cause. */
const isUnforeseen = (error: GraphQLError): boolean =>
  toAppError(error) === null && codeOfOperation(error.extensions.code, error) === undefined;

/** Logs unexpected errors with the id of their request. The client sees that id, but no cause. */
export const logUnforeseen = (
  errors: readonly GraphQLError[],
  { log, requestId }: { log: Pick<Logger, "error">; requestId: string },
): void => {
  const unforeseen = errors.filter(isUnforeseen);
  const more = unforeseen.length - MAX_LOGGED;
  for (const error of unforeseen.slice(0, MAX_LOGGED))
    log.error({ reqId: requestId, err: rootOf(error), ...(more > 0 && { more }) }, "a resolver failed");
};

/**
 * Creates the error that a client sees: a code of the closed list, its status and helpful details. Never a value that the client
 * sent (it may be a password), and never a cause.
 */
export const createErrorFormatter =
  ({ production }: { production: boolean }) =>
  (formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError => {
    const place = {
      ...(formatted.locations && { locations: formatted.locations }),
      ...(formatted.path && { path: formatted.path }),
    };
    const known = toAppError(error);
    if (known) return { message: known.message, ...place, extensions: { ...extensionsOf(known) } };
    const code = codeOfOperation(formatted.extensions?.code, error);
    const inputPath = formatted.extensions?.[INPUT_PATH] as string | undefined;
    if (code) return { ...describeBadOperation(formatted.message, { code, inputPath, production }), ...place };
    const internal = new AppError("INTERNAL_SERVER_ERROR");
    return { message: internal.message, ...place, extensions: { ...extensionsOf(internal) } };
  };

/** The code of this API for an operation that Apollo or graphql-js refuses. */
const codeOfOperation = (apolloCode: unknown, error: unknown): ErrorCode | undefined =>
  APOLLO_CODES[String(apolloCode)] ?? codeOfArgument(rootOf(error));

/** A variable may set a non-nullable argument to null. graphql-js detects that only when it executes the field. */
const codeOfArgument = (root: unknown): ErrorCode | undefined =>
  root instanceof GraphQLError && REFUSED_ARGUMENT.test(root.message) ? "BAD_USER_INPUT" : undefined;

const REFUSED_ARGUMENT = /^Argument "(\w+)" (?:of required type|of non-null type|has invalid value)/;

/** graphql-js's message about an operation that does not match the schema, without the values it quotes. */
const describeBadOperation = (
  message: string,
  { code, inputPath, production }: { code: ErrorCode; inputPath: string | undefined; production: boolean },
): Pick<GraphQLFormattedError, "message" | "extensions"> => {
  const fault = faultyInput(message, inputPath ?? "");
  if (fault === null) {
    const extensions = { code, status: ERROR_STATUS[code] };
    const cleaned = withoutLiterals(message);
    return { message: production ? withoutSuggestions(cleaned) : cleaned, extensions };
  }
  const extensions = {
    code: "BAD_USER_INPUT",
    status: ERROR_STATUS.BAD_USER_INPUT,
    ...(fault.path && { fields: [fault] }),
  };
  return { message: new AppError("BAD_USER_INPUT").message, extensions };
};

/** If a message is about a value: the input it belongs to. Null for any other message. */
const faultyInput = (message: string, inputPath: string): FieldError | null => {
  // Variable "$input" got invalid value "secret" at "input.email"; Value is not a valid email address: secret
  const [, variable, path] =
    /^Variable "\$(\w+)" got invalid value [\s\S]*?(?: at "([\w.[\]]+)")?; [^"]*/.exec(message) ?? [];
  if (variable !== undefined) {
    const fields = message.match(
      /Field "(\w+)" (of required type "[^"]+" was not provided|is not defined by type "\w+")/,
    );
    const at = path ?? variable;
    return fields ? { path: `${at}.${fields[1]}`, message: fields[0] } : { path: at, message: expectation(message) };
  }
  const [, absent] =
    /^Variable "\$(\w+)" of (?:required|non-null) type/.exec(message) ?? REFUSED_ARGUMENT.exec(message) ?? [];
  if (absent !== undefined) return { path: absent, message: "A value is required." };
  const literal = faultyLiteral(message, inputPath);
  if (literal) return literal;
  if (
    /cannot represent|Expected value of type|does not exist in "\w+" enum|is not a valid|^Invalid value/i.test(message)
  )
    return { path: inputPath, message: expectation(message) };
  return null;
};

/** Like `faultyInput`, for literals: graphql-js words their errors differently. */
const faultyLiteral = (message: string, inputPath: string): FieldError | null => {
  const [, argument] = /^Field "\w+" argument "(\w+)" of type "[^"]+" is required/.exec(message) ?? [];
  if (argument !== undefined) return { path: argument, message: "A value is required." };
  const [, field, rest] =
    /^Field "(?:\w+\.)?(\w+)" (of required type "[^"]+" was not provided|is not defined by type "\w+")/.exec(message) ??
    [];
  if (field === undefined) return null;
  const path = rest?.startsWith("of required") ? `${inputPath}.${field}` : inputPath;
  return { path, message: `Field "${field}" ${rest}` };
};

/** The expected type, from the part of a message that names types and never values. */
const expectation = (message: string): string => {
  const [, type] =
    /Expected (?:non-nullable type|value of type|type) "([\w!\]]+)"/.exec(message) ??
    /(?:^|; )(?:Enum )?"?(\w+)"? cannot represent/.exec(message) ??
    /does not exist in "(\w+)" enum/.exec(message) ??
    [];
  if (/email address/i.test(message)) return "Use an e-mail address.";
  return type ? `Use a value of type ${type}.` : "Use a value of the right type.";
};

/** The parser quotes an unexpected literal: `found String "…"`. */
const withoutLiterals = (message: string): string =>
  message.replace(/\b(String|BlockString|Int|Float) "[\s\S]*"/, "$1");

const withoutSuggestions = (message: string): string => message.replace(/ ?Did you mean [^?]*\?/, "");
