import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { inject } from "vitest";
import { findFreePort } from "./ports.ts";
import { ServerProcess } from "./server-process.ts";

interface NatsServerOptions {
  /** Additional lines of its configuration file: `authorization { … }`, `tls { … }`, `max_payload: 1KB`. */
  readonly configuration?: string;
  readonly jetStream?: boolean;
}

/** A NATS server for one suite, with JetStream in files. The port stays the same over restarts, and so does what is stored. */
export class NatsServer {
  readonly url: string;
  readonly port: number;
  readonly #program: string;
  readonly #directory: string;
  readonly #process = new ServerProcess();

  private constructor(program: string, directory: string, port: number) {
    this.#program = program;
    this.#directory = directory;
    this.port = port;
    this.url = `nats://127.0.0.1:${port}`;
  }

  /** `program` is what `describeIf("nats-server", …)` passes to the suite. */
  static async start(
    program: string,
    options: NatsServerOptions = {},
    runDirectory = inject("runDirectory"),
  ): Promise<NatsServer> {
    const server = await NatsServer.prepare(program, runDirectory);
    await server.start(options);
    return server;
  }

  /** One with an address that is not running yet. */
  static async prepare(program: string, runDirectory = inject("runDirectory")): Promise<NatsServer> {
    const directory = await mkdtemp(join(runDirectory, "nats-"));
    return new NatsServer(program, directory, await findFreePort());
  }

  /** Starts it, or restarts it after `kill` with what was stored. */
  async start({ configuration = "", jetStream = true }: NatsServerOptions = {}): Promise<void> {
    const file = join(this.#directory, "nats.conf");
    const storage = jetStream ? `jetstream { store_dir: "${this.#directory}/data" }` : "";
    await writeFile(file, `host: 127.0.0.1\nport: ${this.port}\n${storage}\n${configuration}\n`);
    await this.#process.start({
      name: "NATS",
      path: this.#program,
      args: ["-c", file],
      directory: this.#directory,
      speaks: "stderr",
      ready: "Server is ready",
    });
  }

  /** A separate client, with which the test subscribes and sends requests. */
  connect(options: Parameters<typeof connect>[0] = {}): Promise<NatsConnection> {
    return connect({ servers: this.url, maxReconnectAttempts: -1, reconnectTimeWait: 100, ...options });
  }

  /** A crash of the machine: connections break; what was acknowledged is on disk. */
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

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
