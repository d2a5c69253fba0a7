import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { Logger } from "#platform/logging";
import { after, HOUR, SECOND } from "#shared/durations";
import {
  consumeRelayTurn,
  deleteOutboxRows,
  listOutboxRows,
  type OutboxRow,
  updateOutboxRowsRefused,
} from "./event-outbox.repository.ts";
import type { EventPublisher } from "./event-publisher.ts";
import { isTold, lineOf, toldEventsOf } from "./told-events.policy.ts";

/** It looks by itself this often, in milliseconds: a wake-up may be lost with the process that owed it. */
const LOOK_EVERY = 5 * SECOND;

/** How much is relayed in one transaction, and how long that may take before what is left waits for the next, in milliseconds. */
const PAGE = 500;
const PAGE_PATIENCE = 5 * SECOND;

/** A page of which nothing goes through takes so long, in milliseconds, where the server stands still: it takes nothing of anybody. */
const STANDSTILL = 3 * SECOND;

/** How long whoever stops goes on telling, in milliseconds: what an outage has gathered is left to the others, or to the next. */
const LAST_PATIENCE = 2 * SECOND;

/** After a failure, in milliseconds: growing, for the server may be away for long. */
const FAILURE_PAUSE = { first: 500, longest: 10 * SECOND };

/** An event that was refused as too large is tried again after so long: somebody may have raised the limit. */
const REFUSED_FOR = HOUR;

export interface EventRelayDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly publisher: Pick<EventPublisher, "connected" | "prepare" | "publish">;
  readonly log: Logger;
}

/** What became of a page. */
interface Outcome {
  readonly stored: number[];
  readonly refused: number[];
  failure: unknown;
}

/**
 * Carries what lies in the outbox to NATS: users at the same time, the events of one user one after the other. Of all replicas
 * one relays at a time. Should a process that was taken for dead go on all the same, events come twice but in no other order:
 * each is sent only after those before it were stored.
 *
 * It is not a job of the queue: a mail server that is slow would hold up events there, and the events of a killed process would
 * wait until its jobs are taken from it.
 */
export class EventRelay {
  readonly #stopping = new AbortController();
  #woken = false;
  #ring: () => void = () => {};
  #failures = 0;
  #until = Number.POSITIVE_INFINITY;
  #running: Promise<void> = Promise.resolve();

  constructor(private readonly deps: EventRelayDeps) {}

  start(): void {
    this.#running = this.#run();
  }

  /** Something waits; or it may go through now. */
  wake(): void {
    this.#woken = true;
    this.#ring();
  }

  /** Lets the page end that is under way, and tells what waits then, as far as that works at once and in short time. */
  async stop(): Promise<void> {
    this.#until = performance.now() + LAST_PATIENCE;
    this.#stopping.abort();
    this.#ring();
    await this.#running;
    if (performance.now() > this.#until) return;
    await this.#pass().catch((error: unknown) => this.deps.log.debug({ err: error }, "another replica relays events"));
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
        this.deps.log.warn({ err: error }, "events could not be relayed");
        await this.#pauseAfterFailure();
      }
    }
  }

  #nextWake(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, LOOK_EVERY);
      this.#ring = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.#woken || this.#stopping.signal.aborted) this.#ring();
    });
  }

  async #pauseAfterFailure(): Promise<void> {
    const pause = Math.min(FAILURE_PAUSE.first * 2 ** this.#failures, FAILURE_PAUSE.longest);
    this.#failures += 1;
    await delay(pause, undefined, this.#stopping).catch(() => {});
  }

  /** Goes through all that waits, once. Throws, at the end, where something did not go through. */
  async #pass(): Promise<void> {
    if (!(await this.deps.publisher.prepare())) return;
    const held = new Set<string>();
    let failure: unknown;
    let beyond: number | null = 0;
    while (beyond !== null) {
      const began = performance.now();
      const page = await this.#relayPage(beyond, held);
      const now = performance.now();
      const inVain = page?.outcome.failure !== undefined && page.outcome.stored.length === 0;
      // Others fail fast, for want of a stream or of leave, however many they are: those behind them are no worse for it.
      const hopeless = inVain && (!this.deps.publisher.connected || now - began > STANDSTILL);
      failure ??= page?.outcome.failure;
      beyond = page?.rows === PAGE && !hopeless && now < this.#until ? page.last : null;
    }
    if (failure !== undefined) throw failure;
  }

  /** One page, in one transaction: null where another process relays. `held`: whose events wait for an earlier one. */
  #relayPage(beyond: number, held: Set<string>): Promise<{ rows: number; last: number; outcome: Outcome } | null> {
    const { clock, db } = this.deps;
    return db.transaction(async (tx) => {
      if (!(await consumeRelayTurn(tx))) return null;
      const refusedBefore = after(clock.now(), -REFUSED_FOR);
      const rows = await listOutboxRows(tx, { beyond, refusedBefore, limit: PAGE });
      const outcome = await this.#publish(rows, held);
      await Promise.all([
        deleteOutboxRows(tx, outcome.stored),
        updateOutboxRowsRefused(tx, outcome.refused, clock.now()),
      ]);
      return { rows: rows.length, last: rows.at(-1)?.sequence ?? beyond, outcome };
    });
  }

  async #publish(rows: readonly OutboxRow[], held: Set<string>): Promise<Outcome> {
    const outcome: Outcome = { stored: [], refused: [], failure: undefined };
    const lines = new Map<string, OutboxRow[]>();
    for (const row of rows) {
      const line = lines.get(lineOf(row));
      if (line) line.push(row);
      else lines.set(lineOf(row), [row]);
    }
    const until = performance.now() + PAGE_PATIENCE;
    await Promise.all(
      [...lines].map(async ([line, waiting]) => {
        for (const row of waiting) {
          const late = performance.now() > until;
          // The next pass comes at once: it must not wait for somebody to wake it.
          if (late) this.#woken = true;
          // What only a newer version knows is left to it, and what comes after it as well.
          if (late || held.has(line) || !isTold(row.entry.type)) {
            held.add(line);
            return;
          }
          await this.#tell(row, outcome).catch((error: unknown) => {
            held.add(line);
            outcome.failure ??= error;
          });
        }
      }),
    );
    return outcome;
  }

  async #tell(row: OutboxRow, { stored, refused }: Outcome): Promise<void> {
    const { log, publisher } = this.deps;
    for (const event of toldEventsOf(row)) {
      if ((await publisher.publish(event)) === "STORED") continue;
      // It must not keep the user's later events back for ever; nor is it given up.
      log.error(
        { event: event.id, type: event.type },
        "an event is larger than NATS allows: it is put aside for an hour",
      );
      refused.push(row.sequence);
      return;
    }
    stored.push(row.sequence);
  }
}
