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
import { EventRelay } from "./event-relay.ts";
import { EventStream } from "./event-stream.ts";
import { RELAY_CHANNEL, RelayWaker } from "./relay-waker.ts";
import { isTold } from "./told-events.policy.ts";

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

/** Tells the rest of the company what happens: from the outbox to JetStream. */
export class EventDelivery {
  readonly #deps: EventDeliveryDeps;
  readonly #relay: EventRelay;
  readonly #waker: RelayWaker;

  constructor(deps: EventDeliveryDeps) {
    const { nats, log, publicUrl, requestSubjects, clock } = deps;
    const { db } = deps.database;
    this.#waker = new RelayWaker({ db, log });
    const stream = new EventStream({ name: deps.stream, requestSubjects, log });
    const publisher = new EventPublisher({ nats, stream, publicUrl, log });
    this.#deps = deps;
    this.#relay = new EventRelay({ db, clock, publisher, log });
  }

  /** Writes which of these events are to be told, in their transaction; the relay is woken once that is committed. */
  async record(tx: Db, events: readonly SecurityEventRow[]): Promise<void> {
    const told = events.map(toOutboxRow).filter(({ entry }) => isTold(entry.type));
    if (told.length === 0) return;
    await insertOutboxRows(tx, told);
    afterCommit(tx, () => this.#waker.wake());
  }

  /** Begins to relay what waits, and what will come. */
  async start(): Promise<void> {
    const { database, nats } = this.#deps;
    const wake = () => this.#relay.wake();
    this.#relay.start();
    nats.onUp(wake);
    // Also after a lost connection: nobody knows what was announced meanwhile.
    await database.listen(RELAY_CHANNEL, wake, wake);
  }

  async stop(): Promise<void> {
    await this.#relay.stop();
  }

  /** Makes known how much waits, and for how long. */
  measure(metrics: Metrics): void {
    const { clock, database, nats } = this.#deps;
    // Asked once for all that want it at the same moment.
    let asked: Promise<OutboxBacklog> | null = null;
    const ask = (): Promise<OutboxBacklog> => {
      asked ??= findOutboxBacklog(database.db).finally(() => {
        asked = null;
      });
      return asked;
    };
    // Without a database nothing is known of it; everything else can still be read.
    const gauge = (name: string, help: string, read: (backlog: OutboxBacklog) => number): void =>
      metrics.gauge(name, help, () => ask().then(read, () => Number.NaN));
    gauge("portcullis_events_waiting", "Events that were not handed to NATS yet.", ({ waiting }) => waiting);
    gauge("portcullis_events_refused", "Events that NATS refused as too large, put aside.", ({ refused }) => refused);
    gauge("portcullis_events_oldest_age_seconds", "Since when the oldest waiting event waits.", ({ oldest }) =>
      oldest === null ? 0 : Math.max(0, (clock.now().getTime() - oldest.getTime()) / 1_000),
    );
    metrics.gauge("portcullis_nats_up", "Whether NATS is there.", () => (nats.health === "up" ? 1 : 0));
  }
}
