import { randomUUID } from "node:crypto";
import { z } from "zod";
import { SECOND } from "#shared/durations";
import type { Logger } from "../logging.ts";
import type { RedisClient } from "../redis/redis.ts";
import { type Announcements, type Listener, LocalAnnouncements } from "./announcements.ts";

/**
 * One channel for all: each replica hears everything and passes on what somebody here listens to. A channel for each listener
 * would be a command to Redis for each socket, and a moment between the two in which nobody hears.
 */
const CHANNEL = "portcullis:announcements";

/** A link that is dead without having been closed is found out within this time. */
const HEARTBEAT = 5 * SECOND;

const Announcement = z.tuple([z.string(), z.string(), z.string()]);

export interface RedisAnnouncementsDeps {
  /** For commands. */
  readonly publisher: RedisClient;
  /** A connection of its own: one that listens takes no commands. Closed by `stop`. */
  readonly subscriber: RedisClient;
  readonly log: Logger;
}

/**
 * To all replicas, through Redis pub/sub. Its own process is notified directly, so it receives also while Redis is unavailable. After each
 * loss of the link every listener is told that it may have missed something.
 */
export class RedisAnnouncements implements Announcements {
  readonly #local = new LocalAnnouncements();
  readonly #publisher: RedisClient;
  readonly #subscriber: RedisClient;
  readonly #log: Logger;
  /** By which a process knows its own announcements when they come back. */
  readonly #origin = randomUUID();
  readonly #heartbeat: NodeJS.Timeout;
  #hearing = false;
  #stopped = false;

  constructor({ publisher, subscriber, log }: RedisAnnouncementsDeps) {
    this.#publisher = publisher;
    this.#subscriber = subscriber;
    this.#log = log;
    subscriber.on("message", (_channel: string, message: string) => this.#hear(message));
    subscriber.on("ready", () => void this.#subscribe());
    for (const loss of ["close", "-node"]) subscriber.on(loss, () => this.#lose());
    if (subscriber.status === "ready") void this.#subscribe();
    this.#heartbeat = setInterval(() => void this.#beat(), HEARTBEAT);
    this.#heartbeat.unref();
  }

  /** Whether what other replicas announce is heard. */
  get hearing(): boolean {
    return this.#hearing;
  }

  publish(channel: string, text: string): void {
    this.#local.publish(channel, text);
    // One that does not arrive is lost: whoever listens looks for himself now and then.
    this.#publisher.publish(CHANNEL, JSON.stringify([this.#origin, channel, text])).catch((error: unknown) => {
      this.#log.debug({ err: error }, "an announcement did not reach the other replicas");
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
      // The heartbeat tries again, or the next connection does.
      return;
    }
    if (this.#hearing || this.#stopped) return;
    this.#hearing = true;
    this.#local.tellOfGap();
  }

  #lose(): void {
    if (this.#hearing && !this.#stopped) this.#log.warn("announcements of other replicas are not received");
    this.#hearing = false;
  }

  async #beat(): Promise<void> {
    if (this.#subscriber.status !== "ready") return;
    if (!this.#hearing) return this.#subscribe();
    try {
      await this.#subscriber.ping();
    } catch {
      this.#lose();
      this.#subscriber.disconnect(true);
    }
  }

  #hear(message: string): void {
    const announcement = Announcement.safeParse(parseJson(message));
    // Not one of ours: whoever can write to Redis might send anything.
    if (!announcement.success) return;
    const [origin, channel, text] = announcement.data;
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
