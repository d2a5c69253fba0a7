import { createApp } from "./app.ts";
import { ConfigError, readConfig } from "./config.ts";
import { layFoundation } from "./foundation.ts";
import { createLogger } from "./platform/logging.ts";

/** How long requests and jobs may take to finish after SIGTERM, in milliseconds; then the process goes regardless. */
const STOP_TIMEOUT = 25_000;

const main = async (): Promise<void> => {
  const config = readConfig();
  const log = createLogger({ level: config.logLevel });
  const foundation = await layFoundation(config, log);
  const app = await createApp(config, foundation, log);
  const { stop } = await app.start();
  log.info({ graphql: `${config.publicUrl}/graphql`, production: config.production }, "portcullis is up");
  if (!config.production) {
    log.info(`Apollo Sandbox: ${config.publicUrl}/graphql`);
    if (app.mailbox) log.info(`Mail that would have been sent: ${config.publicUrl}/dev/mailbox`);
    log.info("Make the first operator: npm run cli -- create-operator you@example.com");
  }

  const shutDown = async (signal: string): Promise<void> => {
    log.info({ signal }, "stopping");
    setTimeout(() => process.exit(1), STOP_TIMEOUT).unref();
    await stop();
    await app.close();
    await foundation.stop();
    log.info("stopped");
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void shutDown(signal));
};

main().catch((error: unknown) => {
  // The settings' own words, without a stack; anything else is a fault.
  process.stderr.write(
    `${error instanceof ConfigError ? error.message : error instanceof Error ? error.stack : error}\n`,
  );
  process.exit(1);
});
