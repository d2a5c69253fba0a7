import { resolve } from "node:path";
import type { Config } from "./config.ts";
import type { EventOutbox } from "./features/audit/index.ts";
import type { SessionCache } from "./features/sessions/index.ts";
import type { SigningKeys } from "./features/tokens/index.ts";
import type { Announcements } from "./platform/announcements/index.ts";
import type { Clock } from "./platform/clock.ts";
import type { Db } from "./platform/database/database.ts";
import { startEmbeddedPostgres } from "./platform/database/embedded-postgres.ts";
import { migrateDatabase } from "./platform/database/migrate.ts";
import type { Ids } from "./platform/ids.ts";
import { loadKeyFile } from "./platform/key-file.ts";
import type { Limits } from "./platform/limits/limits.ts";
import type { Logger } from "./platform/logging.ts";
import type { MailQueue } from "./platform/mail/index.ts";
import type { Metrics } from "./platform/metrics.ts";
import type { OutgoingClient } from "./platform/outgoing/index.ts";
import type { PasswordHasher } from "./platform/password-hashing/index.ts";
import type { Networks } from "./platform/places/index.ts";
import { KeyRing } from "./platform/secrets.ts";

/** What must be there before anything is built: a migrated database, and the keys to its secrets. */
export interface Foundation {
  readonly databaseUrl: string;
  readonly keyRing: KeyRing;
  stop(): Promise<void>;
}

/** Uses what the settings name, and for the rest what the project brings along, under the data directory. */
export const layFoundation = async (config: Config, log: Logger): Promise<Foundation> => {
  const dataDir = resolve(config.dataDir);
  const [keys, postgres] = await Promise.all([
    config.secretKeys ?? loadKeyFile(dataDir),
    config.databaseUrl === undefined ? startEmbeddedPostgres({ dataDir, database: "portcullis", log }) : null,
  ]);
  const databaseUrl = config.databaseUrl ?? postgres?.url ?? "";
  await migrateDatabase(databaseUrl, { log });
  return { databaseUrl, keyRing: new KeyRing(keys), stop: async () => postgres?.stop() };
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
