import { setTimeout as delay } from "node:timers/promises";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { SECOND } from "#shared/durations";
import type { Logger } from "../logging.ts";
import { type NatsSettings, natsOptions } from "./nats-options.ts";

export type { NatsConnection };

/** Pause between two attempts to connect. */
const RETRY_PAUSE_MS = 500;

/**
 * A server that has not responded for this long, twice in a row, counts as lost, because connections to a suspended server stay
 * open.
 */
const PING_INTERVAL_MS = 5 * SECOND;
const CONNECT_TIMEOUT_MS = 5 * SECOND;

/** How long shutting down may wait for work in progress. */
const DRAIN_TIMEOUT_MS = 5 * SECOND;

export interface NatsDeps {
  readonly settings: NatsSettings;
  readonly log: Logger;
  /** Milliseconds. */
  readonly pingInterval?: number;
}

/**
 * A connection to NATS that is opened in the background and reopened for as long as the process runs. No other code waits for it,
 * or fails because it is unavailable.
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

  constructor({ settings, log, pingInterval = PING_INTERVAL_MS }: NatsDeps) {
    this.#settings = settings;
    this.#log = log;
    this.#pingInterval = pingInterval;
  }

  get health(): "up" | "down" {
    return this.#up ? "up" : "down";
  }

  /** The connection while the server is available; otherwise null. */
  get connection(): NatsConnection | null {
    return this.#up ? this.#connection : null;
  }

  /**
   * Calls `listener` with each new connection, and immediately with the current one. Use it for subscriptions, which the driver
   * restores itself after it has lost the server temporarily.
   */
  onOpened(listener: (connection: NatsConnection) => void): void {
    this.#whenOpened.push(listener);
    if (this.#connection) listener(this.#connection);
  }

  /** Calls `listener` each time the server becomes available, and immediately if it already is. */
  onUp(listener: (connection: NatsConnection) => void): void {
    this.#whenUp.push(listener);
    if (this.connection) listener(this.connection);
  }

  /** Starts connecting, and returns immediately. */
  start(): void {
    this.#running = this.#keepConnected();
  }

  /** Ends subscriptions and the connection, once received messages are processed. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const connection = this.#connection;
    if (connection && !connection.isClosed()) {
      // While the server is unavailable, the connection cannot be drained.
      if (this.#up)
        await Promise.race([connection.drain().catch(() => {}), delay(DRAIN_TIMEOUT_MS, undefined, { ref: false })]);
      await connection.close().catch(() => {});
    }
    await this.#running;
  }

  async #keepConnected(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const connection = await this.#open();
      if (connection) await this.#follow(connection);
      // The driver gives up if, for example, credentials cannot be read: they may be available later.
      await delay(RETRY_PAUSE_MS, undefined, this.#stopping).catch(() => {});
    }
  }

  async #open(): Promise<NatsConnection | null> {
    try {
      return await connect({
        ...natsOptions(this.#settings),
        name: "portcullis",
        maxReconnectAttempts: -1,
        reconnectTimeWait: RETRY_PAUSE_MS,
        // A password is changed on both sides, but not at the same moment.
        ignoreAuthErrorAbort: true,
        pingInterval: this.#pingInterval,
        timeout: CONNECT_TIMEOUT_MS,
        noAsyncTraces: true,
      });
    } catch (error) {
      this.#complain(error);
      return null;
    }
  }

  /** Runs until the connection is closed permanently. */
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
    if (this.#up && !this.#stopping.signal.aborted) this.#log.warn("nats disconnected; events are queued");
    this.#up = false;
  }

  /** Logs once for each outage, because the attempts continue indefinitely. */
  #complain(error: unknown): void {
    if (!this.#complained) this.#log.warn({ err: error }, "nats is unavailable; events are queued");
    this.#complained = true;
  }
}
