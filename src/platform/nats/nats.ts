import { setTimeout as delay } from "node:timers/promises";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { SECOND } from "#shared/durations";
import type { Logger } from "../logging.ts";
import { type NatsSettings, natsOptions } from "./nats-options.ts";

export type { NatsConnection };

/** Between two attempts to connect, in milliseconds. */
const RETRY_PAUSE = 500;

/** A server that has not answered this long, twice over, is taken for gone: connections to a frozen one stay open. */
const PING_INTERVAL = 5 * SECOND;
const CONNECT_TIMEOUT = 5 * SECOND;

/** How long what is under way may take at the end, in milliseconds. */
const DRAIN_PATIENCE = 5 * SECOND;

export interface NatsDeps {
  readonly settings: NatsSettings;
  readonly log: Logger;
  /** Milliseconds. */
  readonly pingInterval?: number;
}

/**
 * A connection to NATS that is made in the background and made again for as long as the process runs: nothing waits for it, and
 * nothing fails because it is not there.
 */
export class Nats {
  readonly #settings: NatsSettings;
  readonly #log: Logger;
  readonly #pingInterval: number;
  readonly #stopping = new AbortController();
  readonly #whenOpened: ((connection: NatsConnection) => void)[] = [];
  readonly #whenUp: ((connection: NatsConnection) => void)[] = [];
  #connection: NatsConnection | null = null;
  #up = false;
  #complained = false;
  #running: Promise<void> = Promise.resolve();

  constructor({ settings, log, pingInterval = PING_INTERVAL }: NatsDeps) {
    this.#settings = settings;
    this.#log = log;
    this.#pingInterval = pingInterval;
  }

  get health(): "up" | "down" {
    return this.#up ? "up" : "down";
  }

  /** The connection, while the server is there; else null. */
  get connection(): NatsConnection | null {
    return this.#up ? this.#connection : null;
  }

  /**
   * Hands over each new connection, and the present one at once: the place for subscriptions, which the driver makes again by
   * itself when it has lost the server for a while.
   */
  onOpened(listener: (connection: NatsConnection) => void): void {
    this.#whenOpened.push(listener);
    if (this.#connection) listener(this.#connection);
  }

  /** Tells each time that the server is there (again), and at once where it is. */
  onUp(listener: (connection: NatsConnection) => void): void {
    this.#whenUp.push(listener);
    if (this.connection) listener(this.connection);
  }

  /** Begins to connect, and returns at once. */
  start(): void {
    this.#running = this.#keepConnected();
  }

  /** Ends subscriptions and the connection, once what was received is dealt with. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const connection = this.#connection;
    if (connection && !connection.isClosed()) {
      // While the server is unavailable, there is no connection to close.
      if (this.#up)
        await Promise.race([connection.drain().catch(() => {}), delay(DRAIN_PATIENCE, undefined, { ref: false })]);
      await connection.close().catch(() => {});
    }
    await this.#running;
  }

  async #keepConnected(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const connection = await this.#open();
      if (connection) await this.#follow(connection);
      // The driver gives up where credentials cannot be read, say: they may be there later.
      await delay(RETRY_PAUSE, undefined, this.#stopping).catch(() => {});
    }
  }

  async #open(): Promise<NatsConnection | null> {
    try {
      return await connect({
        ...natsOptions(this.#settings),
        name: "portcullis",
        maxReconnectAttempts: -1,
        reconnectTimeWait: RETRY_PAUSE,
        // Whoever changes a password changes it on both sides, and not in the same instant.
        ignoreAuthErrorAbort: true,
        pingInterval: this.#pingInterval,
        timeout: CONNECT_TIMEOUT,
        noAsyncTraces: true,
      });
    } catch (error) {
      this.#complain(error);
      return null;
    }
  }

  /** Until the connection is closed for good. */
  async #follow(connection: NatsConnection): Promise<void> {
    this.#connection = connection;
    const statuses = connection.status();
    this.#rise(connection);
    for (const listener of this.#whenOpened) listener(connection);
    if (this.#stopping.signal.aborted) await connection.close();
    for await (const status of statuses) {
      if (status.type === "reconnect") this.#rise(connection);
      if (status.type === "disconnect") this.#fall();
      if (status.type === "error") this.#log.warn({ err: status.error }, "nats reported an error");
    }
    this.#fall();
    this.#connection = null;
  }

  #rise(connection: NatsConnection): void {
    this.#up = true;
    this.#complained = false;
    this.#log.info({ server: connection.getServer() }, "nats connected");
    for (const listener of this.#whenUp) listener(connection);
  }

  #fall(): void {
    if (this.#up && !this.#stopping.signal.aborted) this.#log.warn("nats disconnected: events wait");
    this.#up = false;
  }

  /** Once for each outage: the attempts go on for ever. */
  #complain(error: unknown): void {
    if (!this.#complained) this.#log.warn({ err: error }, "nats cannot be reached: events wait");
    this.#complained = true;
  }
}
