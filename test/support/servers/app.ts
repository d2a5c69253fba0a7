import { randomBytes } from "node:crypto";
import { Writable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { type App, createApp } from "#app/app";
import { readConfig } from "#app/config";
import { tenants } from "#features/tenants/index";
import { createLogger } from "#platform/logging";
import { KeyRing } from "#platform/secrets";
import { GraphQLClient } from "../clients/graphql.ts";
import { newAddress } from "../factories/users.ts";
import { TestClock } from "./clock.ts";
import { createTestDatabase, type TestDatabase } from "./database.ts";
import { type Settings, testSettings } from "./settings.ts";
import { startSmtpServer, type TestSmtpServer } from "./smtp.ts";

/** The program as production builds it, on real Postgres; only the clock is replaced. */
export interface BuiltApp {
  readonly app: App;
  readonly clock: TestClock;
  readonly database: TestDatabase;
  readonly keyRing: KeyRing;
  /** Every log line. */
  readonly logs: readonly string[];
}

/** The program as it runs in production, in this process: also with real SMTP and a real port. */
export interface TestApp extends BuiltApp {
  readonly url: string;
  readonly mail: TestSmtpServer;
  readonly server: FastifyInstance;
  /** A new client, without cookies and not signed in. */
  client(headers?: Readonly<Record<string, string>>): GraphQLClient;
  stop(): Promise<void>;
}

interface Options<AppEnv> {
  readonly settings?: Settings | undefined;
  /**
   * Whether the default tenant's session limit is that of production. By default it is unlimited, because tests open many
   * sessions of one user.
   */
  readonly limitSessions?: boolean | undefined;
  /** The environment of another app: this makes a second replica on the same database, keys, clock and mail. */
  readonly replicaOf?: AppEnv | undefined;
  /** Default: a clock that tests may move. */
  readonly clock?: TestClock | undefined;
  /** How far the clock of this replica's host is ahead of the database's, in milliseconds (negative: behind). */
  readonly clockSkew?: number | undefined;
}

export type TestAppOptions = Options<TestApp>;

/** Builds the program. It does not listen, and its jobs remain in the database. */
export const buildTestApp = async ({
  settings,
  limitSessions = false,
  replicaOf,
  clock = replicaOf?.clock ?? new TestClock(),
  clockSkew = 0,
}: Options<BuiltApp> = {}): Promise<BuiltApp & { close(): Promise<void> }> => {
  const database = replicaOf?.database ?? (await createTestDatabase());
  const logs: string[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      const line = chunk.toString();
      logs.push(line);
      failIfUndeclared(line);
      done();
    },
  });
  const config = readConfig({ HOST: "127.0.0.1", PORT: "0", ...testSettings(database), ...settings });
  const keyRing = replicaOf?.keyRing ?? new KeyRing(config.secretKeys ?? [{ id: "test", secret: randomBytes(32) }]);
  const log = createLogger({ level: config.logLevel, destination });
  const app = await createApp(
    config,
    { databaseUrl: database.url, keyRing, stop: async () => {} },
    log,
    clock.skewedBy(clockSkew),
  );
  if (!replicaOf && !limitSessions) await app.db.update(tenants).set({ maxSessions: null });

  return {
    app,
    clock,
    database,
    keyRing,
    logs,
    async close() {
      await app.close();
      if (!replicaOf) await database.drop();
    },
  };
};

/**
 * A mutation that returns an error which its list in the schema lacks breaks a promise to clients. The run fails with this error,
 * whichever test causes it.
 */
const failIfUndeclared = (line: string): void => {
  if (line.includes('"undeclared":')) queueMicrotask(() => fail(line));
};

const fail = (line: string): never => {
  throw new Error(`Add it to the mutation's @Fails, or do not throw it: ${line}`);
};

/** Builds the program and starts it. */
export const startTestApp = async ({
  settings,
  limitSessions,
  replicaOf,
  clock,
  clockSkew,
}: TestAppOptions = {}): Promise<TestApp> => {
  const mail = replicaOf?.mail ?? (await startSmtpServer());
  const { close, ...built } = await buildTestApp({
    settings: { SMTP_URL: mail.url, ...settings },
    limitSessions,
    replicaOf,
    clock,
    clockSkew,
  });
  // Jobs scheduled by the real clock would, in one minute of each hour, delete what the test's clock has made old.
  const { served, stop } = await built.app.start({ atSetTimes: false });
  if (served === null) throw new Error("The app does not serve requests.");
  const { url, server } = served;

  return {
    ...built,
    url,
    mail,
    server,
    client: (headers) => new GraphQLClient(url, headers),
    async stop() {
      await stop();
      await close();
      if (!replicaOf) await mail.stop();
    },
  };
};

/** The apps that the files of this process share, by their settings. */
const shared = new Map<string, Promise<TestApp>>();

/**
 * The shared app of this process with these settings, for test files that do not disturb it: their users and tenants are new,
 * they move no clock, stop no server, and count only their own rows, mails and log lines. It is not stopped but ends with the
 * process. Its clients have an address that no other client has, because limits count by address.
 */
export const sharedTestApp = async (settings: Settings = {}): Promise<TestApp> => {
  const key = JSON.stringify(Object.entries(settings).toSorted());
  const starting = shared.get(key) ?? startTestApp({ settings, clock: new UnmovedClock() });
  shared.set(key, starting);
  const app = await starting;
  const address = newAddress();
  return Object.freeze({
    ...app,
    client: (headers?: Readonly<Record<string, string>>) => app.client({ "x-forwarded-for": address, ...headers }),
    stop: () => Promise.reject(new Error("Other files use this app: it ends with the process.")),
  });
};

class UnmovedClock extends TestClock {
  override advance(): never {
    throw new Error("Other files use this app: a test that moves the clock starts its own.");
  }
}
