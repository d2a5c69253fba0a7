import { ensureWebBuild } from "#dev/web-build";
import { batchedOutput, createLogger, type Logger } from "#platform/logging";
import { type App, createApp } from "./app.ts";
import { type Config, readConfig } from "./config.ts";
import { describeFailure } from "./describe-failure.ts";
import { type Installation, openInstallation } from "./installation.ts";

/** How long requests and jobs may take to finish after SIGTERM; then the process exits regardless. */
const STOP_TIMEOUT_MS = 25_000;

/** How long to wait for the database at startup. */
const DATABASE_TIMEOUT_MS = 60_000;

/** Signals this close together count as one. */
const SAME_SIGNAL_MS = 1_000;

/** Between two checks whether npm is still running. */
const PARENT_POLL_MS = 200;

/** Runs the program until a signal stops it. */
export const run = (): Promise<void> =>
  start().catch((error: unknown) => {
    // A plain explanation if the failure is expected; otherwise it is a bug, and the stack helps to find it.
    process.stderr.write(`${describeFailure(error) ?? (error instanceof Error ? error.stack : error)}\n`);
    process.exit(1);
  });

const start = async (): Promise<void> => {
  const config = readConfig();
  const log = createLogger({ level: config.logLevel, destination: batchedOutput() });
  // Before anything is started that would have to be stopped.
  const stopSignal = listenForStopSignal(config);
  const builtPages = mayBuildPages(config) ? ensureWebBuild(log) : null;
  const installation = await openInstallation(config, log, { connectTimeoutMs: DATABASE_TIMEOUT_MS });
  try {
    await builtPages;
    await serve(config, installation, log, stopSignal);
  } catch (error) {
    await installation.stop();
    throw error;
  }
};

/** Production serves what `npm run build` has built; `npm run dev` builds after each change, in another process. */
const mayBuildPages = ({ web, production }: Config): boolean =>
  web && !production && !process.argv.includes("--pages-are-watched");

/** Serves until a signal arrives, which may already have happened, and stops. */
const serve = async (
  config: Config,
  installation: Installation,
  log: Logger,
  stopSignal: Promise<string>,
): Promise<void> => {
  const app = await createApp(config, installation, log);
  const { stop } = await app.start().catch(async (error: unknown) => {
    await app.close();
    throw error;
  });
  log.info({ graphql: `${config.publicUrl}/graphql`, production: config.production }, "portcullis started");
  if (!config.production) giveHints(config, app, log);

  log.info({ signal: await stopSignal }, "stopping");
  try {
    await stop();
    await app.close();
    await installation.stop();
    log.info("stopped");
    process.exit(0);
  } catch (error) {
    log.error({ err: error }, "failed to stop cleanly");
    process.exit(1);
  }
};

/** Resolves with the first signal. A later one means that the user does not want to wait. */
const listenForStopSignal = ({ startedByNpm }: Config): Promise<string> =>
  new Promise((resolve) => {
    let stoppingSince: number | null = null;
    const stop = (signal: string): void => {
      if (stoppingSince !== null) {
        // npm also forwards what the terminal sends to this process, so one Ctrl-C arrives twice.
        if (performance.now() - stoppingSince > SAME_SIGNAL_MS) process.exit(1);
        return;
      }
      stoppingSince = performance.now();
      setTimeout(() => process.exit(1), STOP_TIMEOUT_MS).unref();
      resolve(signal);
    };
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => stop(signal));
    if (startedByNpm) onParentGone(() => stop("the end of npm"));
  });

/** npm sends SIGTERM to the shell that runs this process; the shell exits without forwarding it. */
const onParentGone = (callback: () => void): void => {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    callback();
  }, PARENT_POLL_MS);
  timer.unref();
};

const giveHints = ({ publicUrl, exposed }: Config, { mailbox }: App, log: Logger): void => {
  log.info(`Apollo Sandbox: ${publicUrl}/graphql`);
  if (exposed)
    log.warn(
      "HOST lets other machines reach this development server: /dev/mailbox is off, because it shows every user's links. " +
        "Set SMTP_URL to read mail, or leave HOST unset.",
    );
  else if (mailbox) log.info(`Mail that would have been sent: ${publicUrl}/dev/mailbox`);
  log.info("Create the first operator: npm run cli -- create-operator you@example.com");
};
