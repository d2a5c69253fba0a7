import { join } from "node:path";
import { startEmbeddedPostgres } from "#dev/embedded-postgres";

export interface TestPostgres {
  /** A maintenance database, whose user may create others. */
  readonly url: string;
  stop(): Promise<void>;
}

/** The server that TEST_DATABASE_URL names, else an embedded one, fast instead of crash-safe. */
export async function startTestPostgres(runDirectory: string): Promise<TestPostgres> {
  const given = process.env.TEST_DATABASE_URL;
  if (given) return { url: given, stop: async () => undefined };
  return startEmbeddedPostgres({
    dataDir: join(runDirectory, "data"),
    database: "postgres",
    durable: false,
    log: { info: () => undefined },
  });
}
