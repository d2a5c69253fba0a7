import { setTimeout as delay } from "node:timers/promises";
import { headers, type Msg, type Subscription } from "@nats-io/transport-node";
import type { Logger } from "#platform/logging";
import type { Nats, NatsConnection } from "#platform/nats/index";
import { requestIdOf } from "#platform/request-id";
import { failureOf, type Operation, type OperationOutcome, type PrepareOperation } from "#platform/schema/operations";
import { SECOND } from "#shared/durations";
import { AppError } from "#shared/errors";
import { readEnvelope } from "./envelope.ts";
import { REQUESTS, type RequestDefinition, type RequestSubject } from "./request-definitions.ts";

/** Replicas share a queue group, so that each request goes to one of them. */
const QUEUE_GROUP = "portcullis";

/** The most concurrent requests of one subject in one process, so that a flood on one subject does not block the others. */
const MAX_IN_FLIGHT = 1_000;

/** The timeout of a request. A started operation still runs to its end. */
const TIMEOUT_MS = 10 * SECOND;

/** The suggested retry delay if the process is busy, in seconds. */
const RETRY_AFTER_SECONDS = 1;

/**
 * The subjects that a response may be sent to: inboxes as named by NATS clients, and as rewritten by servers between accounts and
 * clusters. Portcullis may publish to subjects that callers may not. A response sent to `auth.user.deleted` would look like an
 * event, and one sent to `$JS.API.STREAM.DELETE.…` like a command.
 */
const INBOX = /^_(INBOX|R_\.|GR_\.)/;

export interface RequestHandlerDeps {
  readonly nats: Pick<Nats, "onOpened" | "connection">;
  readonly prepare: PrepareOperation;
  /** Called for each handled request with `ok`, its error code, or `dropped`. */
  readonly observe: (subject: RequestSubject, outcome: string, seconds: number) => void;
  readonly log: Logger;
  readonly maxInFlight?: number;
  readonly timeoutMs?: number;
}

interface SubjectHandler extends Required<Pick<RequestDefinition, "clientOptional">> {
  readonly subject: RequestSubject;
  readonly operation: Operation;
  inFlight: number;
}

/** Responds to requests of other services over NATS, under the same rules as GraphQL. */
export class RequestHandler {
  readonly #deps: Required<RequestHandlerDeps>;
  readonly #handlers: readonly SubjectHandler[];
  readonly #inFlight = new Set<Promise<void>>();
  #subscriptions: readonly Subscription[] = [];
  #stopping = false;

  constructor({ maxInFlight = MAX_IN_FLIGHT, timeoutMs = TIMEOUT_MS, ...deps }: RequestHandlerDeps) {
    this.#deps = { ...deps, maxInFlight, timeoutMs };
    this.#handlers = Object.entries<RequestDefinition>(REQUESTS).map(([subject, named]) => ({
      subject: subject as RequestSubject,
      operation: deps.prepare(named.operation),
      clientOptional: named.clientOptional ?? false,
      inFlight: 0,
    }));
  }

  /** Accepts requests from now on, whenever NATS is connected. */
  start(): void {
    this.#deps.nats.onOpened((connection) => {
      if (!this.#stopping) this.#listen(connection);
    });
  }

  /** Stops accepting requests, and responds to the pending ones. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const connection = this.#deps.nats.connection;
    // A drain completes when the server confirms that no more messages will arrive. An unavailable server does not confirm.
    if (connection) await this.#within(Promise.allSettled(this.#subscriptions.map((each) => each.drain())));
    else for (const subscription of this.#subscriptions) subscription.unsubscribe();
    await this.#within(Promise.allSettled([...this.#inFlight]));
    await this.#within(connection?.flush().catch(() => undefined));
  }

  async #within(work: Promise<unknown> | undefined): Promise<void> {
    const waiting = new AbortController();
    const late = delay(this.#deps.timeoutMs, undefined, { signal: waiting.signal }).catch(() => undefined);
    await Promise.race([work, late]);
    waiting.abort();
  }

  #listen(connection: NatsConnection): void {
    this.#subscriptions = this.#handlers.map((handler) =>
      connection.subscribe(handler.subject, {
        queue: QUEUE_GROUP,
        callback: (error, message) => {
          if (error) this.#deps.log.warn({ subject: handler.subject, err: error }, "failed to receive requests");
          else this.#take(handler, message);
        },
      }),
    );
  }

  #take(handler: SubjectHandler, message: Msg): void {
    const { subject } = handler;
    if (!INBOX.test(message.reply ?? "")) {
      this.#deps.observe(subject, "dropped", 0);
      this.#deps.log.info({ subject }, "dropped a request without a reply inbox");
      return;
    }
    if (handler.inFlight >= this.#deps.maxInFlight) {
      this.#deps.observe(subject, "SERVICE_UNAVAILABLE", 0);
      this.#send(message, BUSY, "");
      return;
    }
    const dealing = this.#deal(handler, message).finally(() => this.#inFlight.delete(dealing));
    this.#inFlight.add(dealing);
  }

  async #deal(handler: SubjectHandler, message: Msg): Promise<void> {
    const started = performance.now();
    const { subject } = handler;
    const requestId = requestIdOf(headerOf(message));
    const outcome = await this.#withTimeout(this.#ask(handler, message.data, requestId));
    this.#send(message, outcome, requestId);
    const code = "error" in outcome ? outcome.error.code : "ok";
    const ms = performance.now() - started;
    this.#deps.observe(subject, code, ms / SECOND);
    this.#deps.log.info({ reqId: requestId, subject, outcome: code, ms: Math.round(ms) }, "request");
  }

  /** Counts as under way until it really ends, even after the timeout. */
  async #ask(handler: SubjectHandler, data: Uint8Array, requestId: string): Promise<OperationOutcome> {
    const { operation, clientOptional } = handler;
    handler.inFlight += 1;
    try {
      const { variables, caller } = readEnvelope(data, { clientOptional });
      const outcome = await operation.execute(variables, { ...caller, requestId });
      return "error" in outcome ? { error: outcome.error } : outcome;
    } catch (error) {
      if (error instanceof AppError) return { error: failureOf(error) };
      this.#deps.log.error({ reqId: requestId, err: error }, "a request failed");
      return { error: failureOf(new AppError("INTERNAL_SERVER_ERROR")) };
    } finally {
      handler.inFlight -= 1;
    }
  }

  #withTimeout(work: Promise<OperationOutcome>): Promise<OperationOutcome> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(BUSY), this.#deps.timeoutMs);
      void work.then((outcome) => {
        clearTimeout(timer);
        resolve(outcome);
      });
    });
  }

  #send(message: Msg, outcome: OperationOutcome, requestId: string): void {
    try {
      // The id lets callers refer to the log line of a failure.
      const named = "error" in outcome && requestId ? headers() : undefined;
      named?.set("x-request-id", requestId);
      message.respond(JSON.stringify(outcome), named && { headers: named });
    } catch (error) {
      this.#deps.log.warn({ err: error }, "failed to send a response");
    }
  }
}

const BUSY: OperationOutcome = {
  error: failureOf(new AppError("SERVICE_UNAVAILABLE", { retryAfter: RETRY_AFTER_SECONDS })),
};

/** Null if the header is missing or the headers cannot be read. */
const headerOf = (message: Msg): string | null => {
  try {
    return message.headers?.get("x-request-id") ?? null;
  } catch {
    return null;
  }
};
