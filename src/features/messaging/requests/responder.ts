import { setTimeout as delay } from "node:timers/promises";
import { headers, type Msg, type Subscription } from "@nats-io/transport-node";
import type { Logger } from "#platform/logging";
import type { Nats, NatsConnection } from "#platform/nats/index";
import { requestIdOf } from "#platform/request-id";
import { failureOf, type Operation, type Outcome, type PrepareOperation } from "#platform/schema/operations";
import { SECOND } from "#shared/durations";
import { AppError } from "#shared/errors";
import { readEnvelope } from "./envelope.ts";
import { NAMED_REQUESTS, type NamedRequest, type RequestSubject } from "./named-requests.ts";

/** Replicas share the requests: each goes to one of them. */
const QUEUE_GROUP = "portcullis";

/** Requests of one subject that are under way at once, in one process; a flood of one leaves the others their places. */
const MAX_UNDER_WAY = 1_000;

/** Whoever asks waits for so long at most, in milliseconds; what was begun goes on. */
const PATIENCE = 10 * SECOND;

/** Seconds after which a place may be free again. */
const RETRY_AFTER = 1;

/**
 * Where an answer may go: inboxes, by the name that NATS clients give them, and what servers make of them between accounts and
 * clusters. We may publish what those who ask may not: an answer sent to `auth.user.deleted` would pass for an event, one to
 * `$JS.API.STREAM.DELETE.…` for an order.
 */
const INBOX = /^_(INBOX|R_\.|GR_\.)/;

export interface ResponderDeps {
  readonly nats: Pick<Nats, "onOpened" | "connection">;
  readonly prepare: PrepareOperation;
  /** Called with each request that was dealt with: `ok`, the code of its error, or `dropped`. */
  readonly observe: (subject: RequestSubject, outcome: string, seconds: number) => void;
  readonly log: Logger;
  readonly maxUnderWay?: number;
  readonly patience?: number;
}

interface Answerer extends Required<Pick<NamedRequest, "clientOptional">> {
  readonly subject: RequestSubject;
  readonly operation: Operation;
  underWay: number;
}

/** Answers what other services ask over NATS, under the rules that GraphQL has. */
export class Responder {
  readonly #deps: Required<ResponderDeps>;
  readonly #answerers: readonly Answerer[];
  readonly #underWay = new Set<Promise<void>>();
  #subscriptions: readonly Subscription[] = [];
  #stopping = false;

  constructor({ maxUnderWay = MAX_UNDER_WAY, patience = PATIENCE, ...deps }: ResponderDeps) {
    this.#deps = { ...deps, maxUnderWay, patience };
    this.#answerers = Object.entries<NamedRequest>(NAMED_REQUESTS).map(([subject, named]) => ({
      subject: subject as RequestSubject,
      operation: deps.prepare(named.operation),
      clientOptional: named.clientOptional ?? false,
      underWay: 0,
    }));
  }

  /** Takes requests from now on, whenever NATS is there. */
  start(): void {
    this.#deps.nats.onOpened((connection) => {
      if (!this.#stopping) this.#listen(connection);
    });
  }

  /** Takes no more requests, and answers those it has. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const connection = this.#deps.nats.connection;
    // Answered when the server has confirmed that nothing more comes; one that is unavailable confirms nothing.
    if (connection) await this.#within(Promise.allSettled(this.#subscriptions.map((each) => each.drain())));
    else for (const subscription of this.#subscriptions) subscription.unsubscribe();
    await this.#within(Promise.allSettled([...this.#underWay]));
    await this.#within(connection?.flush().catch(() => undefined));
  }

  async #within(work: Promise<unknown> | undefined): Promise<void> {
    const waiting = new AbortController();
    const late = delay(this.#deps.patience, undefined, { signal: waiting.signal }).catch(() => undefined);
    await Promise.race([work, late]);
    waiting.abort();
  }

  #listen(connection: NatsConnection): void {
    this.#subscriptions = this.#answerers.map((answerer) =>
      connection.subscribe(answerer.subject, {
        queue: QUEUE_GROUP,
        callback: (error, message) => {
          if (error) this.#deps.log.warn({ subject: answerer.subject, err: error }, "requests cannot be taken");
          else this.#take(answerer, message);
        },
      }),
    );
  }

  #take(answerer: Answerer, message: Msg): void {
    const { subject } = answerer;
    if (!INBOX.test(message.reply ?? "")) {
      this.#deps.observe(subject, "dropped", 0);
      this.#deps.log.info({ subject }, "a request without an inbox for its answer was dropped");
      return;
    }
    if (answerer.underWay >= this.#deps.maxUnderWay) {
      this.#deps.observe(subject, "SERVICE_UNAVAILABLE", 0);
      this.#send(message, BUSY, "");
      return;
    }
    const dealing = this.#deal(answerer, message).finally(() => this.#underWay.delete(dealing));
    this.#underWay.add(dealing);
  }

  async #deal(answerer: Answerer, message: Msg): Promise<void> {
    const started = performance.now();
    const { subject } = answerer;
    const requestId = requestIdOf(headerOf(message));
    const outcome = await this.#withinPatience(this.#ask(answerer, message.data, requestId));
    this.#send(message, outcome, requestId);
    const code = "error" in outcome ? outcome.error.code : "ok";
    const ms = performance.now() - started;
    this.#deps.observe(subject, code, ms / SECOND);
    this.#deps.log.info({ reqId: requestId, subject, outcome: code, ms: Math.round(ms) }, "request");
  }

  /** Its place is taken until it is really done. */
  async #ask(answerer: Answerer, data: Uint8Array, requestId: string): Promise<Outcome> {
    const { operation, clientOptional } = answerer;
    answerer.underWay += 1;
    try {
      const { variables, caller } = readEnvelope(data, { clientOptional });
      const outcome = await operation.execute(variables, { ...caller, requestId });
      return "error" in outcome ? { error: outcome.error } : outcome;
    } catch (error) {
      if (error instanceof AppError) return { error: failureOf(error) };
      this.#deps.log.error({ reqId: requestId, err: error }, "a request failed");
      return { error: failureOf(new AppError("INTERNAL_SERVER_ERROR")) };
    } finally {
      answerer.underWay -= 1;
    }
  }

  #withinPatience(work: Promise<Outcome>): Promise<Outcome> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(BUSY), this.#deps.patience);
      void work.then((outcome) => {
        clearTimeout(timer);
        resolve(outcome);
      });
    });
  }

  #send(message: Msg, outcome: Outcome, requestId: string): void {
    try {
      // Whoever reports a failure can name its line in our log.
      const named = "error" in outcome && requestId ? headers() : undefined;
      named?.set("x-request-id", requestId);
      message.respond(JSON.stringify(outcome), named && { headers: named });
    } catch (error) {
      this.#deps.log.warn({ err: error }, "an answer could not be sent");
    }
  }
}

const BUSY: Outcome = { error: failureOf(new AppError("SERVICE_UNAVAILABLE", { retryAfter: RETRY_AFTER })) };

/** Null where there is none, or where the headers cannot be read. */
const headerOf = (message: Msg): string | null => {
  try {
    return message.headers?.get("x-request-id") ?? null;
  } catch {
    return null;
  }
};
