import { type App, createApp } from "./app.ts";
import { type Config, readConfig } from "./config.ts";
import { explainFailure } from "./explain-failure.ts";
import { type Foundation, layFoundation } from "./foundation.ts";
import { batchedOutput, createLogger, type Logger } from "./platform/logging.ts";

/** How long requests and jobs may take to finish after SIGTERM, in milliseconds; then the process goes regardless. */
const STOP_TIMEOUT = 25_000;

/** Signals this close together are one, in milliseconds. */
const SAME_SIGNAL = 1_000;

const main = async (): Promise<void> => {
  const config = readConfig();
  const log = createLogger({ level: config.logLevel, destination: batchedOutput() });
  const foundation = await layFoundation(config, log);
  try {
    await serve(config, foundation, log);
  } catch (error) {
    await foundation.stop();
    throw error;
  }
};

const serve = async (config: Config, foundation: Foundation, log: Logger): Promise<void> => {
  const app = await createApp(config, foundation, log);
  const starting = app.start().catch(async (error: unknown) => {
    await app.close();
    throw error;
  });
  // Before the first request can come: whoever sees us ready may stop us.
  onStopSignal(async (signal) => {
    log.info({ signal }, "stopping");
    setTimeout(() => process.exit(1), STOP_TIMEOUT).unref();
    try {
      const { stop } = await starting;
      await stop();
      await app.close();
      await foundation.stop();
      log.info("stopped");
      process.exit(0);
    } catch (error) {
      log.error({ err: error }, "stopped, but not cleanly");
      process.exit(1);
    }
  });
  await starting;
  log.info({ graphql: `${config.publicUrl}/graphql`, production: config.production }, "portcullis is up");
  if (!config.production) giveHints(config, app, log);
};

/** Stops at the first signal; one that comes later is from somebody who will not wait. */
const onStopSignal = (stop: (signal: string) => Promise<void>): void => {
  let stoppingSince: number | null = null;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (stoppingSince !== null) {
        // npm and tsx pass on what the terminal has sent us, too: one Ctrl-C comes twice.
        if (performance.now() - stoppingSince > SAME_SIGNAL) process.exit(1);
        return;
      }
      stoppingSince = performance.now();
      void stop(signal);
    });
  }
};

const giveHints = ({ publicUrl, exposed }: Config, { mailbox }: App, log: Logger): void => {
  log.info(`Apollo Sandbox: ${publicUrl}/graphql`);
  if (exposed)
    log.warn(
      "HOST lets other machines reach this development server: /dev/mailbox is off, because it shows every user's links. " +
        "Set SMTP_URL to read mail, or leave HOST unset.",
    );
  else if (mailbox) log.info(`Mail that would have been sent: ${publicUrl}/dev/mailbox`);
  log.info("Make the first operator: npm run cli -- create-operator you@example.com");
};

main().catch((error: unknown) => {
  // Plain words where somebody foresaw it; anything else is a fault, and its stack helps to find it.
  process.stderr.write(`${explainFailure(error) ?? (error instanceof Error ? error.stack : error)}\n`);
  process.exit(1);
});
