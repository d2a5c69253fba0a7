import cluster from "node:cluster";
import { writeSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import { ensureWebBuild } from "#dev/web-build";
import { steadyClock } from "#platform/clock";
import { batchedOutput, createLogger, type Logger } from "#platform/logging";
import { createApp, type Work } from "./app.ts";
import { type Config, readConfig } from "./config.ts";
import { describeFailure } from "./describe-failure.ts";
import { type Installation, joinInstallation, openInstallation } from "./installation.ts";
import { ProcessHost } from "./processes/host.ts";
import { HostLink } from "./processes/host-link.ts";
import { superviseJobs, superviseProcesses } from "./processes/supervise.ts";
import { listenForStopSignal } from "./stop-signal.ts";

const STDERR = 2;

/** How long to wait for the database at startup. */
const DATABASE_TIMEOUT_MS = 60_000;

/** Runs the program until a signal stops it, or a member of it until its host does. */
export const run = (): Promise<void> =>
  start().catch((error: unknown) => {
    // A plain explanation if the failure is expected; otherwise it is a bug, and the stack helps to find it.
    // Immediately, because a thread that exits would lose what its stream still holds.
    writeSync(STDERR, `${describeFailure(error) ?? (error instanceof Error ? error.stack : error)}\n`);
    process.exit(1);
  });

const start = (): Promise<void> => {
  const config = readConfig();
  const log = createLogger({ level: config.logLevel, destination: batchedOutput() });
  if (!isMainThread) return runMember(config, log, { serves: false, runsJobs: true });
  return cluster.isWorker ? runMember(config, log, { serves: true, runsJobs: false }) : runReplica(config, log);
};

/** The first process. */
const runReplica = async (config: Config, log: Logger): Promise<void> => {
  // Before anything is started that would have to be stopped.
  const stopSignal = listenForStopSignal(config);
  const builtPages = mayBuildPages(config) ? ensureWebBuild(log) : null;
  const installation = await openInstallation(config, log, { connectTimeoutMs: DATABASE_TIMEOUT_MS });
  const deps = { host: new ProcessHost(), installation, log };
  try {
    await builtPages;
    const replica = await (config.webProcesses > 1 ? superviseProcesses(config, deps) : serve(config, deps));
    log.info({ graphql: `${config.publicUrl}/graphql`, production: config.production }, "portcullis started");
    if (!config.production) giveHints(config, log);
    log.info({ signal: await stopSignal }, "stopping");
    await exitAfter(log, async () => {
      await replica.stop();
      await installation.stop();
      log.info("stopped");
    });
  } catch (error) {
    await installation.stop();
    throw error;
  }
};

/** Ends this thread or process when its work is completed. */
const exitAfter = async (log: Logger, complete: () => Promise<void>): Promise<void> => {
  try {
    await complete();
    process.exit(0);
  } catch (error) {
    log.error({ err: error }, "failed to stop cleanly");
    process.exit(1);
  }
};

/** Production serves what `npm run build` has built; `npm run dev` builds after each change, in another process. */
const mayBuildPages = ({ web, production }: Config): boolean =>
  web && !production && !process.argv.includes("--pages-are-watched");

/** Requests in this thread, and jobs in another one. */
const serve = async (config: Config, deps: { host: ProcessHost; installation: Installation; log: Logger }) => {
  const { host, installation, log } = deps;
  const runsJobs = config.workerConcurrency > 0;
  // The page /dev/mailbox shows what this thread has delivered.
  const jobs = runsJobs && config.smtpUrl !== undefined ? superviseJobs(deps) : null;
  const app = await createApp(config, installation, log, steadyClock, host);
  const stop = async (): Promise<void> => {
    await jobs?.stop();
    await app.close();
  };
  try {
    const started = await app.start({ runsJobs: runsJobs && jobs === null });
    await jobs?.start();
    return {
      async stop() {
        await started.stop();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
};

/** A thread or process that another one has started, and stops. */
const runMember = async (config: Config, log: Logger, work: Work): Promise<void> => {
  // The terminal sends its signals to all processes; only the first one acts on them.
  if (isMainThread) for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => {});
  const link = new HostLink();
  const installation = await joinInstallation(config, await link.databaseUrl);
  const app = await createApp(work.serves ? config : forJobs(config), installation, log, steadyClock, link);
  const { stop } = await app.start(work);
  link.reportStart();
  const { isReplaced } = await link.stopRequest;
  await exitAfter(log, async () => {
    await stop({ isReplaced });
    await app.close();
  });
};

/** Jobs use few connections at the same time. */
const forJobs = (config: Config): Config => ({
  ...config,
  databasePoolSize: Math.min(config.databasePoolSize, 2 * config.workerConcurrency + 2),
});

const giveHints = ({ publicUrl, exposed, smtpUrl }: Config, log: Logger): void => {
  log.info(`Apollo Sandbox: ${publicUrl}/graphql`);
  if (exposed)
    log.warn(
      "HOST lets other machines reach this development server: /dev/mailbox is off, because it shows every user's links. " +
        "Set SMTP_URL to read mail, or leave HOST unset.",
    );
  else if (smtpUrl === undefined) log.info(`Mail that would have been sent: ${publicUrl}/dev/mailbox`);
  log.info("Create the first operator: npm run cli -- create-operator you@example.com");
};
