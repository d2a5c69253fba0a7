import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Redis } from "ioredis";
import { inject } from "vitest";
import { findFreePort } from "../ports.ts";

/** A Redis of one's own, for tests that break it. The port stays the same over restarts. */
export class RedisServer {
  readonly url: string;
  readonly #program: string;
  readonly #directory: string;
  readonly #port: number;
  #process: ChildProcess | null = null;

  private constructor(program: string, directory: string, port: number) {
    this.#program = program;
    this.#directory = directory;
    this.#port = port;
    this.url = `redis://127.0.0.1:${port}`;
  }

  /** `program` is what `describeNeeding("redis-server", …)` hands to the suite. */
  static async start(program: string, runDirectory = inject("runDirectory")): Promise<RedisServer> {
    const directory = await mkdtemp(join(runDirectory, "redis-"));
    const server = new RedisServer(program, directory, await findFreePort());
    await server.start();
    return server;
  }

  /** Starts it again after `kill`: with the data of the last `save`, else empty. */
  async start(): Promise<void> {
    const settings = {
      port: `${this.#port}`,
      bind: "127.0.0.1",
      dir: this.#directory,
      pidfile: "redis.pid",
      save: "",
      appendonly: "no",
    };
    const options = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
    const server = spawn(this.#program, options, { cwd: this.#directory, stdio: ["ignore", "pipe", "inherit"] });
    this.#process = server;
    await new Promise<void>((resolve, reject) => {
      const words: string[] = [];
      server.once("error", reject);
      server.once("exit", () => reject(new Error(`Redis ended at once:\n${words.join("\n")}`)));
      // Read to the end of its life: a full pipe would stop it.
      createInterface({ input: server.stdout }).on("line", (line) => {
        if (words.push(line) > 50) words.shift();
        if (line.includes("Ready to accept connections")) resolve();
      });
    });
  }

  /** The end of the machine: connections break, what was not saved is lost. */
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

  /** Writes the data down, to come back with, out of date, after `kill` and `start`. */
  async save(): Promise<void> {
    await this.#command((redis) => redis.save());
  }

  async flush(): Promise<void> {
    await this.#command((redis) => redis.flushall());
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #command(command: (redis: Redis) => Promise<unknown>): Promise<void> {
    const redis = new Redis(this.url);
    try {
      await command(redis);
    } finally {
      redis.disconnect();
    }
  }
}
