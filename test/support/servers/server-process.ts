import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

interface Program {
  /** For error messages. */
  readonly name: string;
  readonly path: string;
  readonly args: readonly string[];
  readonly directory: string;
  /** Where it reports that it is ready, and the text of that message. */
  readonly speaks: "stdout" | "stderr";
  readonly ready: string;
}

/** A server's process for tests that break it; it can be started again after `kill`. */
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
      server.once("exit", () => reject(new Error(`${name} ended immediately:\n${words.join("\n")}`)));
      const output = server[speaks];
      if (!output) throw new Error(`${name} did not report that it is ready.`);
      // Its output is read until it exits, because a full pipe would block it.
      createInterface({ input: output }).on("line", (line) => {
        if (words.push(line) > 50) words.shift();
        if (line.includes(ready)) resolve();
      });
    });
  }

  /** A crash of the machine: connections break, and what was not on disk is lost. */
  async kill(): Promise<void> {
    const server = this.#process;
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    server.kill("SIGKILL");
    await once(server, "exit");
  }

  /** Connections stay open, and nothing responds. */
  pause(): void {
    this.#process?.kill("SIGSTOP");
  }

  resume(): void {
    this.#process?.kill("SIGCONT");
  }
}
