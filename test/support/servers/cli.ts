import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { inject } from "vitest";

export interface ProgramOutcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  /** The whole environment, except PATH. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Default: a directory without a file `.env`. */
  readonly cwd?: string;
}

/** Starts the compiled program with this environment only. */
export const spawnProgram = (
  name: "cli" | "main",
  args: readonly string[],
  { env = {}, cwd = inject("runDirectory") }: ProgramOptions = {},
) =>
  spawn(process.execPath, [join(inject("program"), "dist", `${name}.js`), ...args], {
    cwd,
    env: { PATH: process.env.PATH ?? "", ...env },
    stdio: "pipe",
  });

/** Runs a command until it exits. */
export const runProgram = async (
  name: "cli" | "main",
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramOutcome> => {
  const child = spawnProgram(name, args, options);
  child.stdin.end(options.input ?? "");
  const exit = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { code, stdout, stderr };
};

export const runCli = (args: readonly string[], options?: ProgramOptions) => runProgram("cli", args, options);
