import { JetStreamApiError, jetstream } from "@nats-io/jetstream";
import { headers } from "@nats-io/transport-node";
import type { Logger } from "#platform/logging";
import type { Nats, NatsConnection } from "#platform/nats/index";
import { SECOND } from "#shared/durations";
import { CLOUD_EVENT_TYPE, toCloudEvent } from "./cloud-event.ts";
import type { EventStream } from "./event-stream.ts";
import type { ToldEvent } from "./told-events.policy.ts";

/** How long JetStream may take to acknowledge, in milliseconds. */
const ACK_PATIENCE = 5 * SECOND;

/** More than our headers take of the server's `max_payload`, in bytes. */
const HEADER_ROOM = 512;

/** What JetStream says of a message larger than its stream allows. */
const TOO_LARGE = 10_054;

export type Publication = "STORED" | "TOO_LARGE";

export interface EventPublisherDeps {
  readonly nats: Pick<Nats, "connection" | "onUp">;
  readonly stream: Pick<EventStream, "ensure">;
  readonly publicUrl: string;
  readonly log: Logger;
}

/** Hands events to JetStream. */
export class EventPublisher {
  readonly #deps: EventPublisherDeps;
  #prepared = false;

  constructor(deps: EventPublisherDeps) {
    this.#deps = deps;
    // Nobody knows what has become of the stream meanwhile.
    deps.nats.onUp(() => {
      this.#prepared = false;
    });
  }

  /** Whether there is a server to publish to. */
  get connected(): boolean {
    return this.#deps.nats.connection !== null;
  }

  /** Whether there is a server to publish to, with a stream. Throws where it has no JetStream. */
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
        throw new Error("JetStream is not enabled for us on this NATS server: events wait.", { cause: error });
      // We may be allowed to publish, and not to look after streams.
      log.warn({ err: error }, "the stream for events could not be read");
    }
    this.#prepared = true;
  }

  /**
   * Resolves once the event is stored, or never will be because it is too large. Throws where that is not known, and where it
   * may be otherwise later.
   */
  async publish(event: ToldEvent): Promise<Publication> {
    const { nats, publicUrl } = this.#deps;
    const { connection } = nats;
    if (connection === null) throw new Error("NATS is unavailable.");
    const body = Buffer.from(JSON.stringify(toCloudEvent(publicUrl, event)));
    if (body.length + HEADER_ROOM > (connection.info?.max_payload ?? Number.POSITIVE_INFINITY)) return "TOO_LARGE";
    return this.#store(connection, event, body);
  }

  async #store(connection: NatsConnection, { type, id }: ToldEvent, body: Buffer): Promise<Publication> {
    const labels = headers();
    labels.set("content-type", CLOUD_EVENT_TYPE);
    try {
      const ack = await jetstream(connection, { timeout: ACK_PATIENCE }).publish(type, body, {
        msgID: id,
        headers: labels,
      });
      // Anybody who listens on the subject may answer; only JetStream names a stream and a place in it.
      if (typeof ack.stream !== "string" || !(ack.seq > 0))
        throw new Error("Something other than JetStream has answered.");
      return "STORED";
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === TOO_LARGE) return "TOO_LARGE";
      // No stream keeps the subject: it may have been deleted.
      if (hasNoJetStream(error)) {
        this.#prepared = false;
        throw new Error("No stream keeps the event.", { cause: error });
      }
      throw error;
    }
  }
}

/** Nobody answers where JetStream, or a stream for the subject, should. The driver does not export this error's class. */
const hasNoJetStream = (error: unknown): boolean => error instanceof Error && error.name === "JetStreamNotEnabled";
