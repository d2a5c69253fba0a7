import { type ParseArgsConfig, parseArgs } from "node:util";
import { type App, createApp } from "../app.ts";
import { readConfig } from "../config.ts";
import { layFoundation } from "../foundation.ts";
import { createLogger } from "../platform/logging.ts";

/** One command of the command line. */
export interface Command {
  /** Runs it with the arguments after its name. Answers the exit code. */
  run(args: string[]): Promise<number>;
}

/** The command was called in a way it does not know. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Reads the options and exactly these positional arguments. Throws UsageError. */
export const readArguments = <const Options extends NonNullable<ParseArgsConfig["options"]>>(
  args: string[],
  { options, positionals: names = [] }: { options: Options; positionals?: readonly string[] },
) => {
  const { values, positionals } = parse(args, options);
  const missing = names[positionals.length];
  if (missing !== undefined) throw new UsageError(`<${missing}> is missing.`);
  if (positionals.length > names.length) throw new UsageError(`There is one argument too many.`);
  return { values, positionals };
};

const parse = <const Options extends NonNullable<ParseArgsConfig["options"]>>(args: string[], options: Options) => {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message.split(". ")[0] ?? "");
    throw error;
  }
};

export const print = (line: string): void => void process.stdout.write(`${line}\n`);

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
  const foundation = await layFoundation(config, log);
  let app: App | undefined;
  const close = async () => {
    await app?.close();
    await foundation.stop();
  };
  const interrupt = () => void close().finally(() => process.exit(130));
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  try {
    app = await createApp(config, foundation, log);
    return await work(app);
  } finally {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
    await close();
  }
};
