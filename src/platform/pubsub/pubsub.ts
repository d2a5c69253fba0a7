/** Receives the messages of a channel. Its functions must not throw. */
export interface Listener {
  readonly onMessage: (text: string) => void;
  /** A message may have been missed: read the current state. */
  readonly onGap: () => void;
}

/**
 * Notifies every replica of a change, immediately and without guarantee: a message may be lost with the process that publishes it,
 * or with Redis. A message only says what to read again from Postgres. So it contains ids, and nothing secret.
 */
export interface PubSub {
  /** Never throws, and is not awaited. */
  publish(channel: string, text: string): void;
  /** @returns a function that stops listening */
  listen(channel: string, listener: Listener): () => void;
  stop(): void;
}

/** Within this replica: sufficient with a single one. `relay` passes messages on to its other threads and processes. */
export class InMemoryPubSub implements PubSub {
  readonly #listeners = new Map<string, Set<Listener>>();

  constructor(private readonly relay: (channel: string, text: string) => void = () => {}) {}

  publish(channel: string, text: string): void {
    this.deliver(channel, text);
    this.relay(channel, text);
  }

  /** Passes a message that another thread or process has published to the listeners here. */
  deliver(channel: string, text: string): void {
    for (const listener of this.#listeners.get(channel) ?? []) listener.onMessage(text);
  }

  listen(channel: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(channel) === listeners) this.#listeners.delete(channel);
    };
  }

  /** Notifies every listener that messages may have been missed. */
  notifyGap(): void {
    for (const listeners of this.#listeners.values()) for (const { onGap } of listeners) onGap();
  }

  /** How many channels have listeners. */
  get channels(): number {
    return this.#listeners.size;
  }

  stop(): void {
    this.#listeners.clear();
  }
}
