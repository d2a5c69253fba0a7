import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { Logger } from "#platform/logging";
import { after, HOUR, SECOND } from "#shared/durations";
import {
  deleteOutboxRows,
  listOutboxRows,
  type OutboxRow,
  tryAcquireRelayLock,
  updateOutboxRowsRefused,
} from "./event-outbox.repository.ts";
import type { EventPublisher } from "./event-publisher.ts";
import { isPublished, partitionKeyOf, toIntegrationEvents } from "./published-events.policy.ts";

/** Polling interval. A wake-up may be lost with the process that should have sent it. */
const POLL_INTERVAL_MS = 5 * SECOND;

/** The number of events relayed in one transaction, and how long that may take before the rest waits for the next, in milliseconds. */
const PAGE = 500;
const PAGE_TIMEOUT_MS = 5 * SECOND;

/** If a page takes this long without any success, the server hangs and accepts no events. */
const STALL_TIMEOUT_MS = 3 * SECOND;

/** How long a stopping process continues to publish. A larger backlog is left to other replicas, or to the next start. */
const STOP_TIMEOUT_MS = 2 * SECOND;

/** Pause after a failure. It grows, because the server may be unavailable for long. */
const FAILURE_PAUSE_MS = { first: 500, longest: 10 * SECOND };

/** An event that was refused as too large is retried after this time, because the limit may have been raised. */
const RETRY_REJECTED_AFTER_MS = HOUR;

export interface OutboxRelayDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly publisher: Pick<EventPublisher, "connected" | "prepare" | "publish">;
  readonly log: Logger;
}

/** The result of a page. */
interface RelayOutcome {
  readonly stored: number[];
  readonly refused: number[];
  failure: unknown;
}

/**
 * Relays events from the outbox to NATS: users concurrently, the events of one user sequentially. Only one replica relays at a
 * time. If a process that was considered dead continues, events are duplicated but stay in order, because each is sent only after
 * those before it were stored.
 *
 * Not a queue job, because a slow mail server would delay events there, and the events of a killed process would wait until its
 * jobs are released.
 */
export class OutboxRelay {
  readonly #stopping = new AbortController();
  #woken = false;
  #ring: () => void = () => {};
  #failures = 0;
  #until = Number.POSITIVE_INFINITY;
  #running: Promise<void> = Promise.resolve();

  constructor(private readonly deps: OutboxRelayDeps) {}

  start(): void {
    this.#running = this.#run();
  }

  /** Call it if an event was added, or if a retry may succeed now. */
  wake(): void {
    this.#woken = true;
    this.#ring();
  }

  /** Finishes the current page, and then publishes what is waiting if that works immediately and within STOP_TIMEOUT_MS. */
  async stop(): Promise<void> {
    this.#until = performance.now() + STOP_TIMEOUT_MS;
    this.#stopping.abort();
    this.#ring();
    await this.#running;
    if (performance.now() > this.#until) return;
    await this.#pass().catch((error: unknown) =>
      this.deps.log.debug({ err: error }, "failed to relay events while stopping; another replica continues"),
    );
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#woken = false;
      try {
        await this.#pass();
        this.#failures = 0;
        if (!this.#woken) await this.#nextWake();
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        this.deps.log.warn({ err: error }, "failed to relay events");
        await this.#pauseAfterFailure();
      }
    }
  }

  #nextWake(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, POLL_INTERVAL_MS);
      this.#ring = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.#woken || this.#stopping.signal.aborted) this.#ring();
    });
  }

  async #pauseAfterFailure(): Promise<void> {
    const pause = Math.min(FAILURE_PAUSE_MS.first * 2 ** this.#failures, FAILURE_PAUSE_MS.longest);
    this.#failures += 1;
    await delay(pause, undefined, this.#stopping).catch(() => {});
  }

  /**
   * Processes all waiting events once.
   * @throws at the end, if an event failed
   */
  async #pass(): Promise<void> {
    if (!(await this.deps.publisher.prepare())) return;
    const held = new Set<string>();
    let failure: unknown;
    let afterSequence: number | null = 0;
    while (afterSequence !== null) {
      const began = performance.now();
      const page = await this.#relayPage(afterSequence, held);
      const now = performance.now();
      const inVain = page?.outcome.failure !== undefined && page.outcome.stored.length === 0;
      // Other failures, such as a missing stream or permission, are fast, so the pages behind are still tried.
      const hopeless = inVain && (!this.deps.publisher.connected || now - began > STALL_TIMEOUT_MS);
      failure ??= page?.outcome.failure;
      afterSequence = page?.rows === PAGE && !hopeless && now < this.#until ? page.last : null;
    }
    if (failure !== undefined) throw failure;
  }

  /** Relays one page in one transaction; null if another process relays. `held` has the users whose events wait for an earlier one. */
  #relayPage(
    afterSequence: number,
    held: Set<string>,
  ): Promise<{ rows: number; last: number; outcome: RelayOutcome } | null> {
    const { clock, db } = this.deps;
    return db.transaction(async (tx) => {
      if (!(await tryAcquireRelayLock(tx))) return null;
      const refusedBefore = after(clock.now(), -RETRY_REJECTED_AFTER_MS);
      const rows = await listOutboxRows(tx, { afterSequence, refusedBefore, limit: PAGE });
      const outcome = await this.#publish(rows, held);
      await Promise.all([
        deleteOutboxRows(tx, outcome.stored),
        updateOutboxRowsRefused(tx, outcome.refused, clock.now()),
      ]);
      return { rows: rows.length, last: rows.at(-1)?.sequence ?? afterSequence, outcome };
    });
  }

  async #publish(rows: readonly OutboxRow[], held: Set<string>): Promise<RelayOutcome> {
    const outcome: RelayOutcome = { stored: [], refused: [], failure: undefined };
    const lines = new Map<string, OutboxRow[]>();
    for (const row of rows) {
      const line = lines.get(partitionKeyOf(row));
      if (line) line.push(row);
      else lines.set(partitionKeyOf(row), [row]);
    }
    const until = performance.now() + PAGE_TIMEOUT_MS;
    await Promise.all(
      [...lines].map(async ([line, waiting]) => {
        for (const row of waiting) {
          const late = performance.now() > until;
          // The next pass starts immediately, without waiting for a wake-up.
          if (late) this.#woken = true;
          // An event that only a newer version knows is left to that version, together with the events after it.
          if (late || held.has(line) || !isPublished(row.entry.type)) {
            held.add(line);
            return;
          }
          await this.#publishRow(row, outcome).catch((error: unknown) => {
            held.add(line);
            outcome.failure ??= error;
          });
        }
      }),
    );
    return outcome;
  }

  async #publishRow(row: OutboxRow, { stored, refused }: RelayOutcome): Promise<void> {
    const { log, publisher } = this.deps;
    for (const event of toIntegrationEvents(row)) {
      if ((await publisher.publish(event)) === "STORED") continue;
      // It must not block the user's later events forever, but it is not discarded either.
      log.error({ event: event.id, type: event.type }, "event exceeds the NATS size limit; retrying in an hour");
      refused.push(row.sequence);
      return;
    }
    stored.push(row.sequence);
  }
}
