/** Whoever wants to know what is announced on a channel. Neither may throw. */
export interface Listener {
  readonly onAnnounced: (text: string) => void;
  /** Something may have been announced that was not heard here: look for yourself. */
  readonly onMissed: () => void;
}

/**
 * Tells every replica that something happened, at once and without a promise: an announcement may be lost with the process
 * that makes it, or with Redis. It says where to look; what is true Postgres says. So it carries ids, and nothing secret.
 */
export interface Announcements {
  /** Never throws, and nobody waits for it. */
  publish(channel: string, text: string): void;
  /** Answers what ends the listening. */
  listen(channel: string, listener: Listener): () => void;
  stop(): void;
}

/** Within this process: enough where there is but one. */
export class LocalAnnouncements implements Announcements {
  readonly #listeners = new Map<string, Set<Listener>>();

  publish(channel: string, text: string): void {
    for (const listener of this.#listeners.get(channel) ?? []) listener.onAnnounced(text);
  }

  listen(channel: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(channel) === listeners) this.#listeners.delete(channel);
    };
  }

  /** Tells every listener that something may have been missed. */
  tellOfGap(): void {
    for (const listeners of this.#listeners.values()) for (const { onMissed } of listeners) onMissed();
  }

  /** How many channels somebody listens to. */
  get channels(): number {
    return this.#listeners.size;
  }

  stop(): void {
    this.#listeners.clear();
  }
}
