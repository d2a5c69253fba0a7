import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startEmbeddedPostgres } from "#dev/embedded-postgres";
import { isConnectionLost } from "#platform/database/errors";
import { migrateDatabase } from "#platform/database/migrate";
import { resolveDatabaseUrl } from "#platform/database/resolve-database-url";
import { loadKeyFile } from "#platform/key-file";
import type { Logger } from "#platform/logging";
import { KeyRing } from "#platform/secrets";
import { SECOND } from "#shared/durations";
import { checkFiles } from "./config/files.ts";
import type { Config } from "./config.ts";

/** The prerequisites of the program: a migrated database, and the keys to its secrets. */
export interface Installation {
  readonly databaseUrl: string;
  readonly keyRing: KeyRing;
  stop(): Promise<void>;
}

export interface InstallationOptions {
  /** How long to wait for the database. Default: it must respond immediately. */
  readonly connectTimeoutMs?: number;
}

/** Uses the configured database and keys, or the embedded ones under the data directory. */
export const openInstallation = async (
  config: Config,
  log: Logger,
  { connectTimeoutMs = 0 }: InstallationOptions = {},
): Promise<Installation> => {
  checkFiles(config);
  const dataDir = resolve(config.dataDir);
  const [keys, postgres] = await Promise.all([
    config.secretKeys ?? loadKeyFile(dataDir),
    config.databaseUrl === undefined ? startEmbeddedPostgres({ dataDir, database: "portcullis", log }) : null,
  ]);
  try {
    const databaseUrl = await untilConnected(connectTimeoutMs, log, async () => {
      const url = postgres?.url ?? (await resolveDatabaseUrl(config.databaseUrl ?? "", log));
      await migrateDatabase(url, { log });
      return url;
    });
    return { databaseUrl, keyRing: new KeyRing(keys), stop: async () => postgres?.stop() };
  } catch (error) {
    await postgres?.stop();
    throw error;
  }
};

/** What another thread or process of this replica has opened and will stop. */
export const joinInstallation = async (config: Config, databaseUrl: string): Promise<Installation> => {
  const keys = config.secretKeys ?? (await loadKeyFile(resolve(config.dataDir)));
  return { databaseUrl, keyRing: new KeyRing(keys), stop: async () => {} };
};

/** Between two attempts to connect to the database. */
const RETRY_PAUSE_MS = SECOND;

/** Retries while the database is still starting, or the host is too busy to connect in time. */
const untilConnected = async <Result>(
  connectTimeoutMs: number,
  log: Logger,
  work: () => Promise<Result>,
): Promise<Result> => {
  for (const began = performance.now(); ; await delay(RETRY_PAUSE_MS)) {
    try {
      return await work();
    } catch (error) {
      if (!isConnectionLost(error) || performance.now() - began >= connectTimeoutMs) throw error;
      log.warn({ err: error }, "the database does not respond yet; retrying");
    }
  }
};
