import { DrizzleQueryError } from "drizzle-orm/errors";
import { type DestinationStream, type Logger, pino, stdSerializers } from "pino";

export type { Logger };

export interface LoggingOptions {
  readonly level: string;
  readonly destination?: DestinationStream;
}

/** Keys whose values never reach a log, wherever an object carries them. */
const SECRET_KEYS = [
  "password", "currentPassword", "newPassword", "token", "accessToken", "refreshToken", "deviceToken", "challenge", "code",
  "secret", "authorization", "cookie", "passwordHash", "hash",
] as const; // biome-ignore format: one list

/** Drizzle puts a query's parameters into the message of its error: e-mail addresses and hashes. Only the cause may be told. */
const serializeError = (error: unknown): unknown => {
  if (!(error instanceof Error)) return { message: "something that is not an error was thrown" };
  const root = error instanceof DrizzleQueryError && error.cause instanceof Error ? error.cause : error;
  const { type, message, stack } = stdSerializers.err(root);
  const { code, constraint_name: constraint } = root as { code?: unknown; constraint_name?: unknown };
  return {
    type,
    message: root === error ? message : withoutValues(message),
    stack: root === error ? stack : undefined,
    code,
    constraint,
  };
};

/** Postgres quotes values in some of its messages: `invalid input syntax for type uuid: "…"`. */
const withoutValues = (message: string): string => message.replace(/"[^"]*"/g, '"…"');

/** JSON lines with a time, a level and a message; secrets are cut out by key. */
export const createLogger = ({ level, destination }: LoggingOptions): Logger =>
  pino(
    {
      level,
      base: null,
      serializers: { err: serializeError },
      redact: { paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), remove: true },
    },
    destination,
  );
