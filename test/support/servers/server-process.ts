import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

interface Program {
  /** For people. */
  readonly name: string;
  readonly path: string;
  readonly args: readonly string[];
  readonly directory: string;
  /** Where it says that it is ready, and with which words. */
  readonly speaks: "stdout" | "stderr";
  readonly ready: string;
}

/** A server's process, for tests that break it: it can be started again after `kill`. */
export class ServerProcess {
  #process: ChildProcess | null = null;

  /** Resolves once it is ready. */
  async start({ name, path, args, directory, speaks, ready }: Program): Promise<void> {
    const spoken = (stream: "stdout" | "stderr") => (stream === speaks ? "pipe" : "inherit");
    const server = spawn(path, args, { cwd: directory, stdio: ["ignore", spoken("stdout"), spoken("stderr")] });
    this.#process = server;
    await new Promise<void>((resolve, reject) => {
      const words: string[] = [];
      server.once("error", reject);
      server.once("exit", () => reject(new Error(`${name} ended at once:\n${words.join("\n")}`)));
      const output = server[speaks];
      if (!output) throw new Error(`${name} says nothing.`);
      // Read to the end of its life: a full pipe would stop it.
      createInterface({ input: output }).on("line", (line) => {
        if (words.push(line) > 50) words.shift();
        if (line.includes(ready)) resolve();
      });
    });
  }

  /** The end of the machine: connections break, what was not written down is lost. */
  async kill(): Promise<void> {
    const server = this.#process;
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    server.kill("SIGKILL");
    await once(server, "exit");
  }

  /** Connections stay open and nothing answers. */
  pause(): void {
    this.#process?.kill("SIGSTOP");
  }

  resume(): void {
    this.#process?.kill("SIGCONT");
  }
}
