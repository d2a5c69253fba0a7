import { jetstream } from "@nats-io/jetstream";
import { asc, count } from "drizzle-orm";
import { expect, vi } from "vitest";
import { securityEvents } from "#features/audit/security-events.table";
import type { CloudEvent } from "#features/messaging/events/cloud-event";
import type { OutboxRow } from "#features/messaging/events/event-outbox.repository";
import { eventOutbox } from "#features/messaging/events/event-outbox.table";
import { type IntegrationEvent, toIntegrationEvents } from "#features/messaging/events/published-events.policy";
import type { Database, Db } from "#platform/database/database";
import type { TenantId, UserId } from "#shared/ids";
import type { SignedInUser } from "../factories/users.ts";
import type { TestApp } from "../servers/app.ts";
import type { NatsServer } from "../servers/nats.ts";
import { WAIT } from "../timeouts.ts";

/** A message as a consumer gets it. */
export interface Received {
  readonly natsSubject: string;
  readonly messageId: string | undefined;
  readonly contentType: string | undefined;
  readonly text: string;
  readonly event: CloudEvent;
  /** When it arrived, by `performance.now`. */
  readonly at: number;
}

/** All messages of a stream, from its beginning, as a consumer that starts late reads them. */
export const readStream = async (server: NatsServer, stream = "PORTCULLIS"): Promise<Received[]> => {
  const connection = await server.connect();
  try {
    const { state } = await (await jetstream(connection).streams.get(stream)).info();
    const received: Received[] = [];
    if (state.messages === 0) return received;
    const consumer = await jetstream(connection).consumers.get(stream);
    for await (const message of await consumer.consume()) {
      received.push(toReceived(message));
      if (received.length === state.messages) break;
    }
    return received;
  } finally {
    await connection.close();
  }
};

/** A consumer that reads continuously. */
export class Listener {
  readonly received: Received[] = [];
  readonly #stop: () => Promise<void>;

  private constructor(stop: () => Promise<void>) {
    this.#stop = stop;
  }

  /** Reads all messages from the beginning of the stream, which must exist. */
  static async start(server: NatsServer, stream = "PORTCULLIS"): Promise<Listener> {
    const connection = await server.connect();
    const consumer = await jetstream(connection).consumers.get(stream);
    const messages = await consumer.consume();
    const listener = new Listener(() => connection.close());
    void (async () => {
      for await (const message of messages) listener.received.push(toReceived(message));
    })();
    return listener;
  }

  of(userId: string): Received[] {
    return this.received.filter(({ event }) => event.subject === userId);
  }

  stop(): Promise<void> {
    return this.#stop();
  }
}

interface Message {
  readonly subject: string;
  readonly headers?: { get(name: string): string } | undefined;
  string(): string;
}

const toReceived = (message: Message): Received => ({
  natsSubject: message.subject,
  messageId: message.headers?.get("Nats-Msg-Id"),
  contentType: message.headers?.get("content-type"),
  text: message.string(),
  event: JSON.parse(message.string()) as CloudEvent,
  at: performance.now(),
});

/**
 * The integration events that must have been published according to the security history, in the order of its ids, which is that
 * of one caller's changes.
 */
export const eventsByHistory = async (db: Db): Promise<IntegrationEvent[]> => {
  const rows = await db.select().from(securityEvents).orderBy(asc(securityEvents.id));
  // The history does not keep which changes belong together, so logouts of all sessions are left out here.
  return rows.flatMap(({ id, type, ipAddress, device, location, details, ...row }) => {
    const entry: OutboxRow["entry"] = { type, ipAddress, device, location, details, ordinal: 0 };
    return toIntegrationEvents({ ...row, eventId: id, entry });
  });
};

/** The ids of events in the order of their first delivery, by subject. */
export const firstIdsBySubject = (
  events: readonly Pick<IntegrationEvent, "id" | "subject">[],
): Record<string, string[]> => {
  const ids: Record<string, string[]> = {};
  const seen = new Set<string>();
  for (const { id, subject } of events) {
    if (seen.has(id)) continue;
    seen.add(id);
    ids[subject] = [...(ids[subject] ?? []), id];
  }
  return ids;
};

export const countWaiting = async (db: Db): Promise<number> =>
  (await db.select({ waiting: count() }).from(eventOutbox))[0]?.waiting ?? 0;

/** Waits until every event was published. */
export const allPublished = (db: Db): Promise<void> =>
  vi.waitFor(async () => expect(await countWaiting(db)).toBe(0), WAIT);

/** Asserts that every event in the history was published, in order for each user. */
export const expectAllPublished = async ({ db }: Pick<Database, "db">, nats: NatsServer): Promise<void> => {
  await allPublished(db);
  const stored = await readStream(nats);
  expect(firstIdsBySubject(stored.map(({ event }) => event))).toEqual(firstIdsBySubject(await eventsByHistory(db)));
};

/** Records an event of a user as a feature would, with these details. */
export const recordLogin = (
  { app }: Pick<TestApp, "app">,
  { id }: Pick<SignedInUser, "id">,
  details: Record<string, unknown>,
) =>
  app.db.transaction((tx) =>
    app.events.record(tx, {
      type: "LOGIN_SUCCEEDED",
      tenantId: app.ids.next<TenantId>(),
      userId: id as UserId,
      details: { sessionId: app.ids.next(), methods: ["PASSWORD"], newDevice: false, ...details },
    }),
  );

/** The value of a metric without labels in /metrics. */
export const metricOf = async ({ url }: Pick<TestApp, "url">, name: string): Promise<number> => {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(metrics)?.[1] ?? Number.NaN);
};
