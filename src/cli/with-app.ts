import type { App } from "#app/app";
import { readConfig } from "#app/config";
import { openInstallation } from "#app/installation";
import { createLogger } from "#platform/logging";

/** Warnings and worse, on stderr: stdout is for what the command answers. */
export const readSettings = () => {
  const config = readConfig(undefined, { LOG_LEVEL: "warn" });
  return { config, log: createLogger({ level: config.logLevel, destination: process.stderr }) };
};

/**
 * Does some work with the whole program, except that it serves nothing and runs no jobs. A server that uses the same
 * embedded database goes on; where there is none, the database is stopped again, also after Ctrl-C.
 */
export const withApp = async <Answer>(work: (app: App) => Promise<Answer>): Promise<Answer> => {
  const { config, log } = readSettings();
  // Not before the arguments are read: it takes a second to load.
  const { createApp } = await import("#app/app");
  const installation = await openInstallation(config, log);
  let app: App | undefined;
  const close = async () => {
    await app?.close();
    await installation.stop();
  };
  const interrupt = () => void close().finally(() => process.exit(130));
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  try {
    app = await createApp(config, installation, log);
    return await work(app);
  } finally {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
    await close();
  }
};
