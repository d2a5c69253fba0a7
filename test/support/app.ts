import { randomBytes } from "node:crypto";
import { Writable } from "node:stream";
import { type App, createApp } from "../../src/app.ts";
import { readConfig } from "../../src/config.ts";
import { createLogger } from "../../src/platform/logging.ts";
import { KeyRing } from "../../src/platform/secrets.ts";
import { TestClock } from "./clock.ts";
import { createTestDatabase, type TestDatabase } from "./database.ts";
import { GraphQLClient } from "./graphql.ts";
import { startSmtpServer, type TestSmtpServer } from "./smtp.ts";

export interface TestAppOptions {
  /** Settings, as the environment names them. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Another app's surroundings: a second replica on the same database, keys, clock and mail. */
  readonly replicaOf?: TestApp;
}

/** The program as it runs in production, in this process: real Postgres, real SMTP, a real port; only the clock is ours. */
export interface TestApp {
  readonly url: string;
  readonly app: App;
  readonly clock: TestClock;
  readonly mail: TestSmtpServer;
  readonly database: TestDatabase;
  readonly keyRing: KeyRing;
  /** Everything that was logged, line by line. */
  readonly logs: readonly string[];
  /** A new client, with no cookies and nobody signed in. */
  client(headers?: Readonly<Record<string, string>>): GraphQLClient;
  stop(): Promise<void>;
}

/** Hashes that cost next to nothing: what they cost is tested elsewhere. */
const CHEAP_HASHES = { ARGON2_MEMORY_KIB: "64", ARGON2_PASSES: "1" };

export const startTestApp = async ({ settings = {}, replicaOf }: TestAppOptions = {}): Promise<TestApp> => {
  const database = replicaOf?.database ?? (await createTestDatabase());
  const mail = replicaOf?.mail ?? (await startSmtpServer());
  const clock = replicaOf?.clock ?? new TestClock();
  const logs: string[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      logs.push(chunk.toString());
      done();
    },
  });
  const config = readConfig({
    HOST: "127.0.0.1",
    PORT: "0",
    PUBLIC_URL: "http://portcullis.test",
    DATABASE_URL: database.url,
    DATABASE_POOL_SIZE: "10",
    SMTP_URL: mail.url,
    WORKER_CONCURRENCY: "2",
    HASHING_BACKEND: "argon2",
    // As behind one proxy of ours: a test may say where a client is. Without the header it is this machine.
    TRUSTED_PROXY_HOPS: "1",
    ...CHEAP_HASHES,
    ...settings,
  });
  const keyRing = replicaOf?.keyRing ?? new KeyRing(config.secretKeys ?? [{ id: "test", secret: randomBytes(32) }]);
  const log = createLogger({ level: config.logLevel, destination });
  const app = await createApp(config, { databaseUrl: database.url, keyRing, stop: async () => {} }, log, clock);
  const { url, stop } = await app.start();

  return {
    url,
    app,
    clock,
    mail,
    database,
    keyRing,
    logs,
    client: (headers) => new GraphQLClient(url, headers),
    async stop() {
      await stop();
      await app.close();
      if (replicaOf) return;
      await mail.stop();
      await database.drop();
    },
  };
};
