import { DrizzleQueryError } from "drizzle-orm/errors";
import { type DestinationStream, type Logger, pino } from "pino";

export type { Logger };

export interface LoggingOptions {
  readonly level: string;
  readonly destination?: DestinationStream;
}

/** Keys whose values are never logged, at any depth. */
const REDACTED: ReadonlySet<string> = new Set([
  "password", "currentPassword", "newPassword", "token", "accessToken", "refreshToken", "deviceToken", "challenge", "code",
  "secret", "authorization", "cookie", "passwordHash", "hash",
]); // biome-ignore format: one list

/** Maximum length of a text, because clients may send long ones. Stacks may be longer. */
const LONGEST_TEXT = 1_000;
const LONGEST_STACK = 6_000;

const bounded = (text: string, longest = LONGEST_TEXT): string =>
  text.length > longest ? `${text.slice(0, longest)}…` : text;

/** Nothing that is logged is nested deeper, except circular objects. */
const DEEPEST = 5;

/**
 * A copy without the values of secret keys. Pino's own redaction tries every path for every line, which took a tenth of the time
 * of a token check. Errors and other instances are not copied: they have serializers.
 */
const withoutSecrets = (fields: Record<string, unknown>, depth = 0): Record<string, unknown> => {
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    if (!REDACTED.has(key)) kept[key] = cleaned(value, depth + 1);
  }
  return kept;
};

const cleaned = (value: unknown, depth: number): unknown => {
  if (typeof value === "string") return bounded(value);
  if (!Array.isArray(value) && !isPlain(value)) return value;
  if (depth > DEEPEST) return "…";
  return Array.isArray(value) ? value.map((item) => cleaned(item, depth + 1)) : withoutSecrets(value, depth);
};

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/**
 * The type, message and stack of an error, and those of its cause. The message of a Drizzle error contains the query's
 * parameters, including e-mail addresses and hashes, so only its cause may be logged.
 */
const serializeError = (error: unknown, depth = 0): unknown => {
  if (!(error instanceof Error)) return { message: "something that is not an error was thrown" };
  if (error instanceof DrizzleQueryError) return serializeRefusal(error.cause);
  const { code } = error as { code?: unknown };
  return {
    type: error.constructor.name,
    message: bounded(error.message),
    stack: error.stack && bounded(error.stack, LONGEST_STACK),
    errorCode: code,
    cause: error.cause instanceof Error && depth < DEEPEST ? serializeError(error.cause, depth + 1) : undefined,
  };
};

const serializeRefusal = (cause: unknown): unknown => {
  if (!(cause instanceof Error)) return { type: DrizzleQueryError.name };
  const { code, constraint_name: constraint } = cause as { code?: unknown; constraint_name?: unknown };
  return { type: cause.constructor.name, message: bounded(withoutValues(cause.message)), errorCode: code, constraint };
};

/** Postgres quotes values in some of its messages: `invalid input syntax for type uuid: "…"`. */
const withoutValues = (message: string): string => message.replace(/"[^"]*"/g, '"…"');

/** Logs JSON lines with a time, a level and a message; secrets are removed by key. */
export const createLogger = ({ level, destination }: LoggingOptions): Logger =>
  pino(
    {
      level,
      base: null,
      serializers: { err: (error: unknown) => serializeError(error) },
      formatters: { log: (fields) => withoutSecrets(fields) },
    },
    destination,
  );

/** The characters that are buffered, and the longest delay of a line in milliseconds. */
const BATCH = 4_096;
const FLUSH_INTERVAL_MS = 100;

/**
 * Standard output in batches: writing each line separately takes a tenth of the time of a query. The rest is written before the
 * process exits. If it is killed, the last tenth of a second of lines is lost, but no security event, because those are in
 * Postgres.
 */
export const batchedOutput = (): DestinationStream => {
  const output = pino.destination({ sync: false, minLength: BATCH });
  setInterval(() => output.flush(), FLUSH_INTERVAL_MS).unref();
  return output;
};
