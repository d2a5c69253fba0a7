import type { App } from "#app/app";
import { readConfig } from "#app/config";
import { openInstallation } from "#app/installation";
import { createLogger } from "#platform/logging";

/** Logs warnings and errors to stderr, because stdout is for the command's output. */
export const readSettings = () => {
  const config = readConfig(undefined, { LOG_LEVEL: "warn" });
  return { config, log: createLogger({ level: config.logLevel, destination: process.stderr }) };
};

/**
 * Runs `work` with the whole program, but without serving requests or running jobs. If a server uses the same embedded database,
 * the database keeps running; otherwise it is stopped again, also after Ctrl-C.
 */
export const withApp = async <Answer>(work: (app: App) => Promise<Answer>): Promise<Answer> => {
  const { config, log } = readSettings();
  // Loaded after the arguments are parsed, because it takes a second.
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
