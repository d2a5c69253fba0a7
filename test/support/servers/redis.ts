import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { Redis } from "ioredis";
import { inject } from "vitest";
import { findFreePort } from "./ports.ts";
import { ServerProcess } from "./server-process.ts";

/** Settings by their names in redis.conf. */
export type RedisSettings = Readonly<Record<string, string>>;

/** A Redis server for tests that break it. The port stays the same over restarts. */
export class RedisServer {
  readonly url: string;
  readonly #program: string;
  readonly #directory: string;
  readonly #port: number;
  readonly #process = new ServerProcess();

  readonly #settings: RedisSettings;

  private constructor(program: string, directory: string, port: number, settings: RedisSettings) {
    this.#program = program;
    this.#directory = directory;
    this.#port = port;
    this.#settings = settings;
    this.url = `redis://127.0.0.1:${port}`;
  }

  /** `program` is what `describeIf("redis-server", …)` passes to the suite. */
  static async start(
    program: string,
    runDirectory = inject("runDirectory"),
    settings: RedisSettings = {},
  ): Promise<RedisServer> {
    const directory = await mkdtemp(join(runDirectory, "redis-"));
    const server = new RedisServer(program, directory, await findFreePort(), settings);
    await server.start();
    return server;
  }

  /** Starts it again after `kill`, with the data of the last `save`, or else empty. */
  async start(): Promise<void> {
    const settings = {
      port: `${this.#port}`,
      bind: "127.0.0.1",
      dir: this.#directory,
      pidfile: "redis.pid",
      save: "",
      appendonly: "no",
      ...this.#settings,
    };
    await this.#process.start({
      name: "Redis",
      path: this.#program,
      args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
      directory: this.#directory,
      speaks: "stdout",
      ready: "Ready to accept connections",
    });
  }

  get port(): number {
    return this.#port;
  }

  /** A crash of the machine: connections break; what was not saved is lost. */
  kill(): Promise<void> {
    return this.#process.kill();
  }

  /** Connections stay open, and nothing responds. */
  pause(): void {
    this.#process.pause();
  }

  resume(): void {
    this.#process.resume();
  }

  /** Saves the data, so that it is restored, outdated, after `kill` and `start`. */
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

  /** Sends it one command on a new connection. */
  async command(name: string, ...args: string[]): Promise<unknown> {
    let answer: unknown;
    await this.#command(async (redis) => {
      answer = await redis.call(name, ...args);
    });
    return answer;
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
