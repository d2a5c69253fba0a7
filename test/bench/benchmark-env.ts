import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { open, readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startEmbeddedPostgres } from "#dev/embedded-postgres";
import type { RingKey } from "#platform/secrets";
import { selfSignedCertificate } from "../support/servers/certificates.ts";
import { NatsServer } from "../support/servers/nats.ts";
import { findFreePort } from "../support/servers/ports.ts";
import { findOrInstall } from "../support/servers/programs.ts";
import { RedisServer } from "../support/servers/redis.ts";
import { createRunDirectory, removeRunDirectory, sweepAbandonedRuns } from "../support/servers/run-directory.ts";
import { startSmtpServer } from "../support/servers/smtp.ts";
import type { BenchProvider } from "./provider.ts";

export const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
/** The issuer of the product's tokens. */
export const PUBLIC_URL = "https://bench.example";

const START_TIMEOUT_MS = 30_000;
const run = promisify(execFile);

/** The servers that the product needs, as in production: a durable Postgres, a Redis, a mail server. */
export interface BenchmarkEnv {
  /** A maintenance database. */
  readonly postgresUrl: string;
  readonly redisUrl: string;
  readonly smtpUrl: string;
  /** The directory of the logs. */
  readonly directory: string;
  stop(): Promise<void>;
}

export const startBenchmarkEnv = async (): Promise<BenchmarkEnv> => {
  await sweepAbandonedRuns();
  const directory = await createRunDirectory();
  const log = { info: () => undefined };
  const [postgres, redis, smtp] = await Promise.all([
    startEmbeddedPostgres({ dataDir: join(directory, "data"), database: "postgres", log }),
    startRedis(directory),
    startSmtpServer(),
  ]);
  return {
    postgresUrl: postgres.url,
    redisUrl: redis.url,
    smtpUrl: smtp.url,
    directory,
    async stop() {
      await Promise.all([postgres.stop(), redis.stop(), smtp.stop()]);
      await removeRunDirectory(directory);
    },
  };
};

const startRedis = async (directory: string): Promise<{ url: string; stop(): Promise<void> }> => {
  const { REDIS_URL } = process.env;
  if (REDIS_URL) return { url: REDIS_URL, stop: async () => undefined };
  const program = await findOrInstall(["redis-server"], "redis-server");
  if ("reason" in program) throw new Error(`The benchmark needs a Redis: ${program.reason}. Or set REDIS_URL.`);
  return RedisServer.start(program.value, directory);
};

/** Starts a NATS server for one product and its floor, because replicas on one server would share the requests. */
export const startNats = async ({ directory }: Pick<BenchmarkEnv, "directory">): Promise<NatsServer> => {
  const program = await findOrInstall(["nats-server"], "nats-server");
  if ("reason" in program) throw new Error(`The benchmark needs a NATS: ${program.reason}.`);
  return NatsServer.start(program.value, {}, directory);
};

/** A measured server, in a separate process. */
export interface MeasuredServer {
  readonly pid: number;
  readonly port: number;
  /** From the start of the process to the first request it was ready for, in milliseconds. */
  readonly startedIn: number;
  stop(): Promise<void>;
}

/** Compiles the product, as `npm run build` does. */
export const build = async (): Promise<void> => {
  await run("npm", ["run", "build"], { cwd: PROJECT });
};

/** Starts the compiled product with production's settings. */
export const startProduct = (
  { redisUrl, smtpUrl, directory }: BenchmarkEnv,
  databaseUrl: string,
  key: RingKey,
  settings: Readonly<Record<string, string>> = {},
): Promise<MeasuredServer> =>
  startServer(["dist/main.js"], "/readyz", directory, {
    NODE_ENV: "production",
    HOST: "127.0.0.1",
    PUBLIC_URL,
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    SMTP_URL: smtpUrl,
    MAIL_FROM: "Bench <bench@bench.example>",
    CORS_ORIGINS: PUBLIC_URL,
    SECRET_KEYS: `${key.id}:${key.secret.toString("base64")}`,
    TRUSTED_PROXY_HOPS: "1",
    ...settings,
  });

/** Starts the floors that serve GraphQL. */
export const startFloors = (
  { redisUrl, directory }: BenchmarkEnv,
  databaseUrl: string,
  jwks: string,
): Promise<MeasuredServer> =>
  startServer(["--import", "tsx", "test/bench/floors/server.ts"], "/graphql", directory, {
    NODE_ENV: "production",
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    JWKS: jwks,
  });

/** Starts the floor that responds over NATS. */
export const startEcho = ({ directory }: Pick<BenchmarkEnv, "directory">, natsUrl: string): Promise<MeasuredServer> =>
  startServer(["--import", "tsx", "test/bench/floors/echo.ts"], "/", directory, { NATS_URL: natsUrl });

/** Starts the identity provider, whose certificate the product has to trust. */
export const startProvider = async ({ directory }: Pick<BenchmarkEnv, "directory">): Promise<BenchProvider> => {
  const { key, cert } = selfSignedCertificate("localhost");
  const certificateFile = join(directory, "provider.pem");
  await writeFile(certificateFile, cert);
  const server = await startServer(["--import", "tsx", "test/bench/floors/provider.ts"], null, directory, {
    KEY: key,
    CERT: cert,
  });
  return { ...server, issuer: `https://localhost:${server.port}`, certificate: cert, certificateFile };
};

/** If `readyPath` is null, a server is ready when it accepts connections. */
const startServer = async (
  program: readonly string[],
  readyPath: string | null,
  directory: string,
  settings: Readonly<Record<string, string>>,
): Promise<MeasuredServer> => {
  const port = await findFreePort();
  const logFile = join(directory, `server-${port}.log`);
  const log = await open(logFile, "a");
  const began = performance.now();
  const server = spawn(process.execPath, program, {
    cwd: PROJECT,
    env: { PATH: process.env.PATH, PORT: `${port}`, ...settings },
    stdio: ["ignore", log.fd, log.fd],
  });
  await log.close();
  const isReady = () => (readyPath === null ? connects(port) : answers(`http://127.0.0.1:${port}${readyPath}`));
  await untilReady(server, isReady).catch(async (error: unknown) => {
    server.kill("SIGKILL");
    throw new Error(`${program.at(-1)} does not start: ${await readFile(logFile, "utf8")}`, { cause: error });
  });
  const startedIn = performance.now() - began;
  return {
    pid: server.pid ?? 0,
    port,
    startedIn,
    async stop() {
      server.kill("SIGTERM");
      if (server.exitCode === null) await once(server, "exit");
    },
  };
};

const untilReady = async (server: ChildProcess, isReady: () => Promise<boolean>): Promise<void> => {
  for (const began = performance.now(); performance.now() - began < START_TIMEOUT_MS; await delay(10)) {
    if (server.exitCode !== null) throw new Error(`The server exited with ${server.exitCode}.`);
    if (await isReady()) return;
  }
  throw new Error(`The server was not ready within ${START_TIMEOUT_MS / 1_000} s.`);
};

const answers = (url: string): Promise<boolean> =>
  fetch(url).then(
    ({ status }) => status < 500,
    () => false,
  );

const connects = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.on("connect", () => resolve(true)).on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });
