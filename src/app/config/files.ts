import { accessSync, constants } from "node:fs";
import { ConfigError } from "./config-error.ts";
import type { Values } from "./environment.ts";

/** Settings that name a file which must exist when the server starts. Later changes to the file are handled elsewhere. */
const FILES = [
  "NATS_CREDS_FILE",
  "NATS_TLS_CA_FILE",
  "NATS_TLS_CERT_FILE",
  "NATS_TLS_KEY_FILE",
  "SMTP_TLS_CA_FILE",
  "GEOIP_FILE",
  "ANONYMOUS_NETWORKS_FILE",
] as const;

/** Name of the setting and path. */
export const listFiles = (env: Values): [string, string][] =>
  FILES.flatMap((name) => {
    const path = env[name];
    return path === undefined ? [] : [[name, path] satisfies [string, string]];
  });

/** @throws {ConfigError} if a file that a setting names cannot be read */
export const checkFiles = ({ files }: { readonly files: readonly (readonly [name: string, path: string])[] }): void => {
  const faults = files.flatMap(([name, path]) => {
    try {
      accessSync(path, constants.R_OK);
      return [];
    } catch (error) {
      return [`${name}: the file cannot be read (${(error as NodeJS.ErrnoException).code})`];
    }
  });
  if (faults.length > 0) throw new ConfigError(faults);
};
