import { readFileSync } from "node:fs";
import { type ConnectionOptions, checkServerIdentity, type PeerCertificate } from "node:tls";
import type { ClientConfig } from "pg";
import type postgres from "postgres";

/** Values of libpq's `sslmode`, and `no-verify` of the driver pg. `allow` and `prefer` are resolved before connecting. */
const SSL_MODES = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full", "no-verify"] as const;
export type SslMode = (typeof SSL_MODES)[number];

/** The supported query parameters; all others are ignored with a warning. */
const WORDS = new Set(["sslmode", "ssl", "sslrootcert", "sslcert", "sslkey", "host"]);

/** The connection options for both drivers. */
export interface DatabaseAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly sslMode: SslMode;
  readonly ssl: ConnectionOptions | null;
}

/** DATABASE_URL is invalid or refers to something that does not exist. The message contains no secret. */
export class DatabaseUrlError extends Error {}

/**
 * Parses a Postgres URL for both drivers, so that they interpret it identically.
 *
 * @throws {DatabaseUrlError} if `sslmode` is unknown or a file that it names cannot be read
 */
export const parseDatabaseUrl = (text: string): DatabaseAddress => {
  const url = new URL(text);
  const word = (name: string): string | null => url.searchParams.get(name) || null;
  const sslMode = sslModeOf(word("sslmode"), word("ssl"));
  const user = decode(url.username) || "postgres";
  const host = word("host") ?? decode(url.hostname.replace(/^\[(.*)\]$/, "$1"));
  return {
    host: host || "localhost",
    port: Number(url.port || 5_432),
    user,
    password: decode(url.password),
    database: decode(url.pathname.slice(1)) || user,
    sslMode,
    ssl: sslMode === "disable" ? null : tlsOptionsOf(sslMode, host, word),
  };
};

/** The parameters of the URL that are passed to neither driver. */
export const listIgnoredWords = (text: string): string[] =>
  [...new URL(text).searchParams.keys()].filter((name) => !WORDS.has(name));

/** The same URL with another `sslmode`. */
export const withSslMode = (text: string, mode: SslMode): string => {
  const url = new URL(text);
  url.searchParams.delete("ssl");
  url.searchParams.set("sslmode", mode);
  return url.href;
};

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new DatabaseUrlError("DATABASE_URL: a % must be written as %25");
  }
};

const sslModeOf = (mode: string | null, ssl: string | null): SslMode => {
  const known = SSL_MODES.find((each) => each === (mode ?? ""));
  if (known) return known;
  if (mode !== null) throw new DatabaseUrlError(`DATABASE_URL: sslmode is one of ${SSL_MODES.join(", ")}`);
  // Some hosts use `ssl` instead.
  if (ssl === null || ssl === "false" || ssl === "0") return "disable";
  return ssl === "no-verify" ? "no-verify" : "require";
};

type Word = (name: string) => string | null;

/**
 * Like libpq (https://www.postgresql.org/docs/current/libpq-ssl.html): `require` encrypts without verification, unless
 * `sslrootcert` is given, which makes it `verify-ca`.
 */
const tlsOptionsOf = (mode: SslMode, host: string, word: Word): ConnectionOptions => {
  const root = word("sslrootcert");
  const files = {
    // `system` is Node's default: the certificate authorities that it trusts.
    ...(root !== null && root !== "system" && { ca: readPem("sslrootcert", root) }),
    ...(word("sslcert") && { cert: readPem("sslcert", word("sslcert")) }),
    ...(word("sslkey") && { key: readPem("sslkey", word("sslkey")) }),
  };
  const verifiesAuthority = mode === "verify-full" || mode === "verify-ca" || (mode === "require" && root !== null);
  if (!verifiesAuthority) return { ...files, rejectUnauthorized: false };
  return {
    ...files,
    rejectUnauthorized: true,
    // The drivers pass the host name to Node or not, depending on its form. Here it is always compared, or never.
    checkServerIdentity: (_name: string, certificate: PeerCertificate) =>
      mode === "verify-full" ? checkServerIdentity(host, certificate) : undefined,
  };
};

const readPem = (word: string, path: string | null): string => {
  try {
    return readFileSync(path ?? "", "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new DatabaseUrlError(`DATABASE_URL: the file of ${word} cannot be read (${code})`, { cause: error });
  }
};

const isSocket = (host: string): boolean => host.startsWith("/");

/** For the driver of requests. */
export const postgresJsOptions = (url: string): postgres.Options<Record<string, never>> => {
  const { host, port, user, password, database, ssl } = parseDatabaseUrl(url);
  return {
    ...(isSocket(host) ? { path: `${host}/.s.PGSQL.${port}` } : { host, port }),
    username: user,
    password,
    database,
    ssl: ssl ?? false,
  };
};

/** For the driver of jobs and migrations. */
export const pgOptions = (url: string): ClientConfig => {
  const { host, port, user, password, database, ssl } = parseDatabaseUrl(url);
  return { host, port, user, password, database, ssl: ssl ?? false };
};
