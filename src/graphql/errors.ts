import { GraphQLError, type GraphQLFormattedError } from "graphql";
import { isDatabaseAway } from "#platform/database/errors";
import type { Logger } from "#platform/logging";
import { AppError, ERROR_STATUS, type ErrorCode, extensionsOf, type FieldFault } from "#shared/errors";
import { INPUT_PATH } from "./rules/input-paths.ts";

/** Seconds after which a retry makes sense while a part of the service is unavailable. */
const RETRY_AFTER = 1;

/** The failure a client may know of, behind whatever wrapped it. */
export const toAppError = (error: unknown): AppError | null => {
  if (error instanceof AppError) return error;
  if (error instanceof GraphQLError) return error.originalError ? toAppError(error.originalError) : null;
  if (isDatabaseAway(error)) return new AppError("SERVICE_UNAVAILABLE", { retryAfter: RETRY_AFTER, cause: error });
  return null;
};

/** Apollo's own codes, as ours: the list that clients know stays closed. */
const APOLLO_CODES: Readonly<Record<string, ErrorCode>> = {
  GRAPHQL_PARSE_FAILED: "BAD_REQUEST",
  GRAPHQL_VALIDATION_FAILED: "BAD_REQUEST",
  BAD_USER_INPUT: "BAD_USER_INPUT",
  BAD_REQUEST: "BAD_REQUEST",
  OPERATION_RESOLUTION_FAILURE: "BAD_REQUEST",
  PERSISTED_QUERY_NOT_FOUND: "BAD_REQUEST",
  PERSISTED_QUERY_NOT_SUPPORTED: "BAD_REQUEST",
};

/** Lines of one operation: a fault in each place of a list is one fault. */
const MAX_LOGGED = 3;

/** What is behind graphql-js's account of where it happened. */
const rootOf = (error: unknown): unknown => (error instanceof GraphQLError ? (error.originalError ?? error) : error);

/** Whether nobody foresaw it: a client sees INTERNAL_SERVER_ERROR, and the log must tell the rest. */
const isUnforeseen = (error: GraphQLError): boolean =>
  toAppError(error) === null && codeOfOperation(error.extensions.code, error) === undefined;

/** Logs what nobody foresaw, with the id of its request: the client sees that id and no cause. */
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
 * Makes the error that a client sees: a code of the closed list, its status, and what helps; never a value that the client
 * sent (it may be a password), never a cause.
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

/** Our code for an operation that Apollo or graphql-js refuses. */
const codeOfOperation = (apolloCode: unknown, error: unknown): ErrorCode | undefined =>
  APOLLO_CODES[String(apolloCode)] ?? codeOfArgument(rootOf(error));

/** Variables may leave an argument that is not nullable null: only at its field does graphql-js find out. */
const codeOfArgument = (root: unknown): ErrorCode | undefined =>
  root instanceof GraphQLError && REFUSED_ARGUMENT.test(root.message) ? "BAD_USER_INPUT" : undefined;

const REFUSED_ARGUMENT = /^Argument "(\w+)" (?:of required type|of non-null type|has invalid value)/;

/** What graphql-js says of an operation that does not fit the schema, without the values it quotes. */
const describeBadOperation = (
  message: string,
  { code, inputPath, production }: { code: ErrorCode; inputPath: string | undefined; production: boolean },
): Pick<GraphQLFormattedError, "message" | "extensions"> => {
  const fault = faultyInput(message, inputPath ?? "");
  if (fault === null) {
    const extensions = { code, status: ERROR_STATUS[code] };
    const told = withoutLiterals(message);
    return { message: production ? withoutSuggestions(told) : told, extensions };
  }
  const extensions = {
    code: "BAD_USER_INPUT",
    status: ERROR_STATUS.BAD_USER_INPUT,
    ...(fault.path && { fields: [fault] }),
  };
  return { message: new AppError("BAD_USER_INPUT").message, extensions };
};

/** Where a message is about a value, which input it is of; null where it is about anything else. */
const faultyInput = (message: string, inputPath: string): FieldFault | null => {
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

/** Where graphql-js says of a literal what it would say of a variable in other words. */
const faultyLiteral = (message: string, inputPath: string): FieldFault | null => {
  const [, argument] = /^Field "\w+" argument "(\w+)" of type "[^"]+" is required/.exec(message) ?? [];
  if (argument !== undefined) return { path: argument, message: "A value is required." };
  const [, field, rest] =
    /^Field "(?:\w+\.)?(\w+)" (of required type "[^"]+" was not provided|is not defined by type "\w+")/.exec(message) ??
    [];
  if (field === undefined) return null;
  const path = rest?.startsWith("of required") ? `${inputPath}.${field}` : inputPath;
  return { path, message: `Field "${field}" ${rest}` };
};

/** What was expected, from the part of a message that names types and never values. */
const expectation = (message: string): string => {
  const [, type] =
    /Expected (?:non-nullable type|value of type|type) "([\w!\]]+)"/.exec(message) ??
    /(?:^|; )(?:Enum )?"?(\w+)"? cannot represent/.exec(message) ??
    /does not exist in "(\w+)" enum/.exec(message) ??
    [];
  if (/email address/i.test(message)) return "Use an e-mail address.";
  return type ? `Use a value of type ${type}.` : "Use a value of the right type.";
};

/** The parser says which literal it did not expect: `found String "…"`. */
const withoutLiterals = (message: string): string =>
  message.replace(/\b(String|BlockString|Int|Float) "[\s\S]*"/, "$1");

const withoutSuggestions = (message: string): string => message.replace(/ ?Did you mean [^?]*\?/, "");
