import { join } from "node:path";
import postgres from "postgres";
import { startEmbeddedPostgres } from "#dev/embedded-postgres";

export interface TestPostgres {
  /** A maintenance database, whose user may create others. */
  readonly url: string;
  stop(): Promise<void>;
}

/** The server that TEST_DATABASE_URL names, or else an embedded one that is fast instead of crash-safe. */
export async function startTestPostgres(runDirectory: string): Promise<TestPostgres> {
  const given = process.env.TEST_DATABASE_URL;
  if (given) return { url: given, stop: async () => undefined };
  const server = await startEmbeddedPostgres({
    dataDir: join(runDirectory, "data"),
    database: "postgres",
    durable: false,
    log: { info: () => undefined },
  });
  await hashPasswordOnce(server.url);
  return server;
}

/** Otherwise, a login costs both sides 4,096 hashes, and each app has a dozen connections. */
async function hashPasswordOnce(url: string): Promise<void> {
  const sql = postgres(url, { max: 1, fetch_types: false, connection: { scram_iterations: 1 } });
  await sql.unsafe(`alter role current_user password '${decodeURIComponent(new URL(url).password)}'`);
  await sql.end();
}
