import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { inject } from "vitest";
import { findFreePort } from "./ports.ts";
import { ServerProcess } from "./server-process.ts";

interface NatsServerOptions {
  /** More lines of its configuration file: `authorization { … }`, `tls { … }`, `max_payload: 1KB`. */
  readonly configuration?: string;
  readonly jetStream?: boolean;
}

/** A NATS of one's own, with JetStream in files. The port stays the same over restarts, and so does what is stored. */
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

  /** `program` is what `describeNeeding("nats-server", …)` hands to the suite. */
  static async start(
    program: string,
    options: NatsServerOptions = {},
    runDirectory = inject("runDirectory"),
  ): Promise<NatsServer> {
    const server = await NatsServer.prepare(program, runDirectory);
    await server.start(options);
    return server;
  }

  /** One that has its address and does not run yet. */
  static async prepare(program: string, runDirectory = inject("runDirectory")): Promise<NatsServer> {
    const directory = await mkdtemp(join(runDirectory, "nats-"));
    return new NatsServer(program, directory, await findFreePort());
  }

  /** Starts it, or starts it again after `kill`: with what was stored. */
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

  /** A client of its own, for the test to listen and to ask with. */
  connect(options: Parameters<typeof connect>[0] = {}): Promise<NatsConnection> {
    return connect({ servers: this.url, maxReconnectAttempts: -1, reconnectTimeWait: 100, ...options });
  }

  /** The end of the machine: connections break; what was acknowledged is on disk. */
  kill(): Promise<void> {
    return this.#process.kill();
  }

  /** Connections stay open and nothing answers. */
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
