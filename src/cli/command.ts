import { type ParseArgsConfig, parseArgs } from "node:util";

/** One command of the command line. */
export interface Command {
  /**
   * Runs it with the arguments after its name.
   *
   * @returns the exit code
   */
  run(args: string[]): Promise<number>;
}

/** The command was called with invalid arguments. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/**
 * Parses the options and exactly these positional arguments.
 *
 * @throws {UsageError} if the arguments do not match
 */
export const readArguments = <const Options extends NonNullable<ParseArgsConfig["options"]>>(
  args: string[],
  { options, positionals: names = [] }: { options: Options; positionals?: readonly string[] },
) => {
  const { values, positionals } = parse(args, options);
  const missing = names[positionals.length];
  if (missing !== undefined) throw new UsageError(`<${missing}> is missing.`);
  if (positionals.length > names.length) throw new UsageError(`Too many arguments.`);
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

/** Writes one line of output to stdout. */
export const print = (line: string): void => void process.stdout.write(`${line}\n`);
