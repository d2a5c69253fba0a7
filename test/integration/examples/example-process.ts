import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const PROJECT = fileURLToPath(new URL("../../..", import.meta.url));

/** An example, started as its README says. */
export class ExampleProcess {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Resolves with the line that contains `ready`. */
  static async start(
    file: string,
    env: Readonly<Record<string, string>>,
    ready: string,
  ): Promise<{ example: ExampleProcess; line: string }> {
    const child = spawn(process.execPath, ["--import", "tsx", `examples/${file}`], {
      cwd: PROJECT,
      env: { PATH: process.env.PATH ?? "", ...env },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const example = new ExampleProcess(child);
    const line = await new Promise<string>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`${file} exited with ${code}.`)));
      createInterface({ input: child.stdout }).on("line", (text) => {
        if (text.includes(ready)) resolve(text);
      });
    });
    return { example, line };
  }

  /**
   * Stops it as an orchestrator does.
   *
   * @returns its exit code; null if the signal killed it
   */
  async stop(): Promise<number | null> {
    if (this.#child.exitCode !== null) return this.#child.exitCode;
    const exit = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    const [code] = await exit;
    return code;
  }
}
