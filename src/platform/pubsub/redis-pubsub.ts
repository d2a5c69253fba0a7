import { randomUUID } from "node:crypto";
import { z } from "zod";
import { SECOND } from "#shared/durations";
import type { Logger } from "../logging.ts";
import type { RedisClient } from "../redis/redis.ts";
import { InMemoryPubSub, type Listener, type PubSub } from "./pubsub.ts";

/**
 * One Redis channel for everything: each replica receives all messages and passes them to its own listeners. With a channel for
 * each listener, every socket would need a Redis command, and messages could be missed while it subscribes.
 */
const CHANNEL = "portcullis:announcements";

/** A dead connection that was not closed is detected within this time. */
const HEARTBEAT_MS = 5 * SECOND;

const PubSubMessage = z.tuple([z.string(), z.string(), z.string()]);

export interface RedisPubSubDeps {
  /** For commands. */
  readonly publisher: RedisClient;
  /** A separate connection, because a subscribed one accepts no commands. Closed by `stop`. */
  readonly subscriber: RedisClient;
  readonly log: Logger;
}

/**
 * Publishes to all replicas through Redis pub/sub. Listeners in its own process are notified directly, so they receive messages
 * even while Redis is unavailable. After each loss of the connection, every listener is notified that it may have missed
 * messages.
 */
export class RedisPubSub implements PubSub {
  readonly #local = new InMemoryPubSub();
  readonly #publisher: RedisClient;
  readonly #subscriber: RedisClient;
  readonly #log: Logger;
  /** By which a process recognizes its own messages when it receives them. */
  readonly #origin = randomUUID();
  readonly #heartbeat: NodeJS.Timeout;
  #subscribed = false;
  #stopped = false;

  constructor({ publisher, subscriber, log }: RedisPubSubDeps) {
    this.#publisher = publisher;
    this.#subscriber = subscriber;
    this.#log = log;
    subscriber.on("message", (_channel: string, message: string) => this.#onMessage(message));
    subscriber.on("ready", () => void this.#subscribe());
    for (const loss of ["close", "-node"]) subscriber.on(loss, () => this.#lose());
    if (subscriber.status === "ready") void this.#subscribe();
    this.#heartbeat = setInterval(() => void this.#beat(), HEARTBEAT_MS);
    this.#heartbeat.unref();
  }

  /** Whether messages of other replicas are received. */
  get subscribed(): boolean {
    return this.#subscribed;
  }

  publish(channel: string, text: string): void {
    this.#local.publish(channel, text);
    // A failed message is lost: listeners also check the state periodically.
    this.#publisher.publish(CHANNEL, JSON.stringify([this.#origin, channel, text])).catch((error: unknown) => {
      this.#log.debug({ err: error }, "failed to publish a message to the other replicas");
    });
  }

  listen(channel: string, listener: Listener): () => void {
    return this.#local.listen(channel, listener);
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#heartbeat);
    this.#subscriber.disconnect();
    this.#local.stop();
  }

  async #subscribe(): Promise<void> {
    try {
      await this.#subscriber.subscribe(CHANNEL);
    } catch {
      // The next heartbeat or connection tries again.
      return;
    }
    if (this.#subscribed || this.#stopped) return;
    this.#subscribed = true;
    this.#local.notifyGap();
  }

  #lose(): void {
    if (this.#subscribed && !this.#stopped) this.#log.warn("messages of other replicas are not received");
    this.#subscribed = false;
  }

  async #beat(): Promise<void> {
    if (this.#subscriber.status !== "ready") return;
    if (!this.#subscribed) return this.#subscribe();
    try {
      await this.#subscriber.ping();
    } catch {
      this.#lose();
      this.#subscriber.disconnect(true);
    }
  }

  #onMessage(message: string): void {
    const parsed = PubSubMessage.safeParse(parseJson(message));
    // Not a message of Portcullis: other programs with access to Redis might send anything.
    if (!parsed.success) return;
    const [origin, channel, text] = parsed.data;
    if (origin !== this.#origin) this.#local.publish(channel, text);
  }
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};
