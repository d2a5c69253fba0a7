import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startEmbeddedPostgres } from "#dev/embedded-postgres";
import type { EventOutbox } from "#features/audit/index";
import type { SessionCache } from "#features/sessions/index";
import type { SigningKeys } from "#features/tokens/index";
import type { Announcements } from "#platform/announcements/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import { isConnectionLost } from "#platform/database/errors";
import { migrateDatabase } from "#platform/database/migrate";
import { resolveDatabaseUrl } from "#platform/database/resolve-database-url";
import type { Ids } from "#platform/ids";
import { loadKeyFile } from "#platform/key-file";
import type { Limits } from "#platform/limits/limits";
import type { Logger } from "#platform/logging";
import type { MailQueue } from "#platform/mail/index";
import type { Metrics } from "#platform/metrics";
import type { OutgoingClient } from "#platform/outgoing/index";
import type { PasswordHasher } from "#platform/password-hashing/index";
import type { Networks } from "#platform/places/index";
import { KeyRing } from "#platform/secrets";
import { SECOND } from "#shared/durations";
import { checkFiles } from "./config/files.ts";
import type { Config } from "./config.ts";

/** What must be there before anything is built: a migrated database, and the keys to its secrets. */
export interface Foundation {
  readonly databaseUrl: string;
  readonly keyRing: KeyRing;
  stop(): Promise<void>;
}

export interface FoundationOptions {
  /** How long the database may take to answer. Default: it must answer immediately. */
  readonly patienceMs?: number;
}

/** Uses what the settings name, and for the rest what the project brings along, under the data directory. */
export const layFoundation = async (
  config: Config,
  log: Logger,
  { patienceMs = 0 }: FoundationOptions = {},
): Promise<Foundation> => {
  checkFiles(config);
  const dataDir = resolve(config.dataDir);
  const [keys, postgres] = await Promise.all([
    config.secretKeys ?? loadKeyFile(dataDir),
    config.databaseUrl === undefined ? startEmbeddedPostgres({ dataDir, database: "portcullis", log }) : null,
  ]);
  try {
    const databaseUrl = await untilConnected(patienceMs, log, async () => {
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

/** Between two attempts to reach the database, in milliseconds. */
const RETRY_PAUSE = SECOND;

/** Repeats what a database refused that is still starting, or a host too busy to connect in time. */
const untilConnected = async <Result>(
  patienceMs: number,
  log: Logger,
  work: () => Promise<Result>,
): Promise<Result> => {
  for (const began = performance.now(); ; await delay(RETRY_PAUSE)) {
    try {
      return await work();
    } catch (error) {
      if (!isConnectionLost(error) || performance.now() - began >= patienceMs) throw error;
      log.warn({ err: error }, "the database does not answer yet; it is tried again");
    }
  }
};

/** What the features stand on. */
export interface Platform {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly keyRing: KeyRing;
  readonly keys: SigningKeys;
  readonly limits: Limits;
  readonly hasher: PasswordHasher;
  readonly mails: MailQueue;
  readonly cache: SessionCache;
  readonly announcements: Announcements;
  /** Null: no other service is told anything. */
  readonly outbox: EventOutbox | null;
  readonly networks: Pick<Networks, "isAnonymous">;
  readonly outgoing: Pick<OutgoingClient, "call">;
  readonly metrics: Metrics;
  readonly log: Logger;
}
