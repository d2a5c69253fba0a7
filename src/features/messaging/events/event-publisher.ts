import { JetStreamApiError, jetstream } from "@nats-io/jetstream";
import { headers } from "@nats-io/transport-node";
import type { Logger } from "#platform/logging";
import type { Nats, NatsConnection } from "#platform/nats/index";
import { SECOND } from "#shared/durations";
import { CLOUD_EVENT_TYPE, toCloudEvent } from "./cloud-event.ts";
import type { EventStream } from "./event-stream.ts";
import type { IntegrationEvent } from "./published-events.policy.ts";

/** How long JetStream may take to acknowledge. */
const ACK_TIMEOUT_MS = 5 * SECOND;

/** An upper bound for the headers' share of the server's `max_payload`, in bytes. */
const HEADER_ROOM = 512;

/** JetStream's error code for a message larger than its stream allows. */
const TOO_LARGE = 10_054;

export type Publication = "STORED" | "TOO_LARGE";

export interface EventPublisherDeps {
  readonly nats: Pick<Nats, "connection" | "onUp">;
  readonly stream: Pick<EventStream, "ensure">;
  readonly publicUrl: string;
  readonly log: Logger;
}

/** Publishes events to JetStream. */
export class EventPublisher {
  readonly #deps: EventPublisherDeps;
  #prepared = false;

  constructor(deps: EventPublisherDeps) {
    this.#deps = deps;
    // The stream may have changed while NATS was disconnected.
    deps.nats.onUp(() => {
      this.#prepared = false;
    });
  }

  /** Whether a server is connected. */
  get connected(): boolean {
    return this.#deps.nats.connection !== null;
  }

  /**
   * Ensures that the stream exists.
   * @returns whether a server is connected
   * @throws if the server has no JetStream
   */
  async prepare(): Promise<boolean> {
    const { connection } = this.#deps.nats;
    if (connection === null) return false;
    if (!this.#prepared) await this.#ensureStream(connection);
    return true;
  }

  async #ensureStream(connection: NatsConnection): Promise<void> {
    const { log, stream } = this.#deps;
    try {
      await stream.ensure(connection);
    } catch (error) {
      if (hasNoJetStream(error))
        throw new Error("JetStream is not enabled for this account on the NATS server. Events stay queued.", {
          cause: error,
        });
      // The account may be allowed to publish, but not to manage streams.
      log.warn({ err: error }, "failed to read the event stream");
    }
    this.#prepared = true;
  }

  /**
   * Resolves when the event is stored, or is known to be too large.
   * @throws if the result is unknown or may differ on a retry
   */
  async publish(event: IntegrationEvent): Promise<Publication> {
    const { nats, publicUrl } = this.#deps;
    const { connection } = nats;
    if (connection === null) throw new Error("NATS is unavailable.");
    const body = Buffer.from(JSON.stringify(toCloudEvent(publicUrl, event)));
    if (body.length + HEADER_ROOM > (connection.info?.max_payload ?? Number.POSITIVE_INFINITY)) return "TOO_LARGE";
    return this.#store(connection, event, body);
  }

  async #store(connection: NatsConnection, { type, id }: IntegrationEvent, body: Buffer): Promise<Publication> {
    const labels = headers();
    labels.set("content-type", CLOUD_EVENT_TYPE);
    try {
      const ack = await jetstream(connection, { timeout: ACK_TIMEOUT_MS }).publish(type, body, {
        msgID: id,
        headers: labels,
      });
      // Any subscriber of the subject may reply, but only JetStream returns a stream and a sequence number.
      if (typeof ack.stream !== "string" || !(ack.seq > 0)) throw new Error("The reply did not come from JetStream.");
      return "STORED";
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === TOO_LARGE) return "TOO_LARGE";
      // No stream stores the subject. It may have been deleted.
      if (hasNoJetStream(error)) {
        this.#prepared = false;
        throw new Error("No stream stores the event.", { cause: error });
      }
      throw error;
    }
  }
}

/** Whether JetStream, or a stream for the subject, did not respond. The driver does not export this error's class. */
const hasNoJetStream = (error: unknown): boolean => error instanceof Error && error.name === "JetStreamNotEnabled";
