import type { SecurityEventRow } from "#features/audit/index";
import type { Clock } from "#platform/clock";
import { afterCommit } from "#platform/database/after-commit";
import type { Database, Db } from "#platform/database/database";
import type { Logger } from "#platform/logging";
import type { Metrics } from "#platform/metrics";
import type { Nats } from "#platform/nats/index";
import { findOutboxBacklog, insertOutboxRows, type OutboxBacklog } from "./event-outbox.repository.ts";
import { toOutboxRow } from "./event-outbox.ts";
import { EventPublisher } from "./event-publisher.ts";
import { EventStream } from "./event-stream.ts";
import { OutboxNotifier, RELAY_CHANNEL } from "./outbox-notifier.ts";
import { OutboxRelay } from "./outbox-relay.ts";
import { isPublished } from "./published-events.policy.ts";

export interface EventDeliveryDeps {
  readonly nats: Nats;
  readonly database: Pick<Database, "db" | "listen">;
  readonly clock: Clock;
  readonly log: Logger;
  readonly publicUrl: string;
  /** The name of the stream. */
  readonly stream: string;
  readonly requestSubjects: readonly string[];
}

/** Delivers events to other services: from the outbox to JetStream. */
export class EventDelivery {
  readonly #deps: EventDeliveryDeps;
  readonly #relay: OutboxRelay;
  readonly #notifier: OutboxNotifier;

  constructor(deps: EventDeliveryDeps) {
    const { nats, log, publicUrl, requestSubjects, clock } = deps;
    const { db } = deps.database;
    this.#notifier = new OutboxNotifier({ db, log });
    const stream = new EventStream({ name: deps.stream, requestSubjects, log });
    const publisher = new EventPublisher({ nats, stream, publicUrl, log });
    this.#deps = deps;
    this.#relay = new OutboxRelay({ db, clock, publisher, log });
  }

  /** Stores the events to be published in the outbox, in their transaction. The relay is woken after the commit. */
  async record(tx: Db, events: readonly SecurityEventRow[]): Promise<void> {
    const published = events.map(toOutboxRow).filter(({ entry }) => isPublished(entry.type));
    if (published.length === 0) return;
    await insertOutboxRows(tx, published);
    afterCommit(tx, () => this.#notifier.notify());
  }

  /** Starts to relay waiting and future events. */
  async start(): Promise<void> {
    const { database, nats } = this.#deps;
    const wake = () => this.#relay.wake();
    this.#relay.start();
    nats.onUp(wake);
    // Also after a lost connection, because notifications may have been missed.
    await database.listen(RELAY_CHANNEL, wake, wake);
  }

  async stop(): Promise<void> {
    await this.#relay.stop();
  }

  /** Registers metrics on the number and age of waiting events. */
  measure(metrics: Metrics): void {
    const { clock, database, nats } = this.#deps;
    // Concurrent reads share one query.
    let reading: Promise<OutboxBacklog> | null = null;
    const ask = (): Promise<OutboxBacklog> => {
      reading ??= findOutboxBacklog(database.db).finally(() => {
        reading = null;
      });
      return reading;
    };
    // Without a database these gauges are NaN; the other metrics can still be read.
    const gauge = (name: string, help: string, read: (backlog: OutboxBacklog) => number): void =>
      metrics.gauge(name, help, () => ask().then(read, () => Number.NaN), { aggregation: "max" });
    gauge("portcullis_events_waiting", "Events not yet published to NATS.", ({ waiting }) => waiting);
    gauge(
      "portcullis_events_refused",
      "Events that NATS refused as too large; retried later.",
      ({ refused }) => refused,
    );
    gauge("portcullis_events_oldest_age_seconds", "Age of the oldest waiting event.", ({ oldest }) =>
      oldest === null ? 0 : Math.max(0, (clock.now().getTime() - oldest.getTime()) / 1_000),
    );
    metrics.gauge("portcullis_nats_up", "Whether NATS is connected.", () => (nats.health === "up" ? 1 : 0), {
      aggregation: "max",
    });
  }
}
