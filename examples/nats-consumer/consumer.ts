import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";

/** A CloudEvent, as far as this service reads it. */
export interface PortcullisEvent {
  readonly id: string;
  readonly type: string;
  readonly time: string;
  /** The user, for events of users. */
  readonly subject: string;
}

interface ConsumerOptions {
  readonly servers: string;
  /** The name of the durable consumer: its position in the stream survives restarts, and its processes share the events. */
  readonly name: string;
  /** Resolves once the event is stored. If it rejects, the event is delivered again. */
  readonly handle: (event: PortcullisEvent) => Promise<void>;
}

const RETRY_DELAY_MS = 1_000;

/**
 * Passes each event to `handle`, in order, beginning with the oldest one in the stream.
 *
 * @returns a function that stops it, after the event that is being handled
 */
export const consume = async ({ servers, name, handle }: ConsumerOptions): Promise<() => Promise<void>> => {
  const connection = await connect({ servers, maxReconnectAttempts: -1 });
  const manager = await jetstreamManager(connection);
  await manager.consumers.add("PORTCULLIS", {
    durable_name: name,
    deliver_policy: DeliverPolicy.All,
    ack_policy: AckPolicy.Explicit,
    max_ack_pending: 1, // One event at a time, also with several processes: this keeps the order.
  });
  const consumer = await jetstream(connection).consumers.get("PORTCULLIS", name);
  const messages = await consumer.consume({ max_messages: 1 });

  const consuming = (async () => {
    for await (const message of messages) {
      try {
        await handle(message.json<PortcullisEvent>());
        message.ack();
      } catch (error) {
        console.error(`Event ${message.seq} failed and will be repeated:`, error);
        message.nak(RETRY_DELAY_MS);
      }
    }
  })();

  return async () => {
    await messages.close();
    await consuming;
    await connection.drain(); // Sends the last acknowledgement.
  };
};
