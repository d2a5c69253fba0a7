import { resolve } from "node:path";
import type { Config } from "./config.ts";
import { startEmbeddedPostgres } from "./platform/database/embedded-postgres.ts";
import { migrateDatabase } from "./platform/database/migrate.ts";
import { loadKeyFile } from "./platform/key-file.ts";
import type { Logger } from "./platform/logging.ts";
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
  await migrateDatabase(databaseUrl);
  return { databaseUrl, keyRing: new KeyRing(keys), stop: async () => postgres?.stop() };
};
