import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { inject } from "vitest";
import { findFreePort } from "../ports.ts";

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
  #process: ChildProcess | null = null;

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
    const server = spawn(this.#program, ["-c", file], { cwd: this.#directory, stdio: ["ignore", "inherit", "pipe"] });
    this.#process = server;
    await new Promise<void>((resolve, reject) => {
      const words: string[] = [];
      server.once("error", reject);
      server.once("exit", () => reject(new Error(`NATS ended at once:\n${words.join("\n")}`)));
      // Read to the end of its life: a full pipe would stop it.
      createInterface({ input: server.stderr }).on("line", (line) => {
        if (words.push(line) > 50) words.shift();
        if (line.includes("Server is ready")) resolve();
      });
    });
  }

  /** A client of its own, for the test to listen and to ask with. */
  connect(options: Parameters<typeof connect>[0] = {}): Promise<NatsConnection> {
    return connect({ servers: this.url, maxReconnectAttempts: -1, reconnectTimeWait: 100, ...options });
  }

  /** The end of the machine: connections break; what was acknowledged is on disk. */
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

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
