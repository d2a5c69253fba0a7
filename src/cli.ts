import { describeFailure } from "#app/describe-failure";
import { type Command, print, UsageError } from "./cli/command.ts";

interface CommandEntry {
  readonly usage: string;
  readonly does: string;
  /** Loaded when it is called, because help and the schema need no database driver. */
  readonly load: () => Promise<Command>;
}

const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  migrate: {
    usage: "migrate",
    does: "Migrates the database to this version.",
    load: async () => (await import("./cli/migrate.ts")).migrate,
  },
  "create-operator": {
    usage: "create-operator <email> [--name <name>]",
    does: "Creates a user who may administer everything, and prints a link for choosing the password.",
    load: async () => (await import("./cli/create-operator.ts")).createOperator,
  },
  "reset-factors": {
    usage: "reset-factors <email>",
    does: "Removes all second factors of a user immediately, and ends all sessions; the next login requires a mailed code and adds a factor.",
    load: async () => (await import("./cli/reset-factors.ts")).resetFactors,
  },
  "rotate-keys": {
    usage: "rotate-keys [--activate-in <seconds> | --revoke <kid> [--since <time>]]",
    does: "Adds the next key for signing access tokens, and encrypts all secrets with the first of SECRET_KEYS; without downtime. With --revoke: revokes a leaked signing key, immediately; with --since, when the leak began, also suspends what was changed under step-up since then until its owner confirms it.",
    load: async () => (await import("./cli/rotate-keys.ts")).rotateKeys,
  },
  "end-sessions": {
    usage: "end-sessions --since <time>",
    does: "Ends all sessions that were opened or used since then (ISO 8601, with a time zone). For use after a restore, which undoes logouts.",
    load: async () => (await import("./cli/end-sessions.ts")).endSessions,
  },
  "import-users": {
    usage: "import-users <file.ndjson | -> [--dry-run]",
    does: "Imports users of another system with their password hashes, one JSON object per line.",
    load: async () => (await import("./cli/import-users.ts")).importUsers,
  },
  "print-schema": {
    usage: "print-schema [--check]",
    does: "Writes schema.graphql and the schemas of events; with --check it only reports whether one is outdated.",
    load: async () => (await import("./cli/print-schema.ts")).printSchema,
  },
};

const usageOf = (entries: readonly CommandEntry[]): string =>
  entries.map(({ usage, does }) => `  npm run cli -- ${usage}\n      ${does}`).join("\n");

const HELP = `The command line of Portcullis. It uses the settings of the server.\n\n${usageOf(Object.values(COMMANDS))}`;

const main = async ([name, ...args]: string[]): Promise<number> => {
  if (name === "help" || name === "--help" || name === "-h") {
    print(HELP);
    return 0;
  }
  const entry = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (entry === undefined)
    return refuse(name === undefined ? "A command is missing." : `Unknown command: ${name}.`, HELP);
  try {
    const command = await entry.load();
    return await command.run(args);
  } catch (error) {
    if (error instanceof UsageError) return refuse(error.message, usageOf([entry]));
    process.stderr.write(`${describeFailure(error) ?? (error instanceof Error ? error.message : error)}\n`);
    return 1;
  }
};

const refuse = (why: string, usage: string): number => {
  process.stderr.write(`${why}\n\n${usage}\n`);
  return 2;
};

process.exitCode = await main(process.argv.slice(2));
