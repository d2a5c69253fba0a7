/** Lets at most `limit` callers with the same key work at once; the others wait their turn. */
export class KeyedSemaphore {
  readonly #limit: number;
  readonly #running = new Map<string, { count: number; waiting: (() => void)[] }>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  async run<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const release = await this.acquire(key);
    try {
      return await work();
    } finally {
      release();
    }
  }

  /** Waits for a place. @returns gives it up; call it once */
  async acquire(key: string): Promise<() => void> {
    const slot = this.#running.get(key) ?? { count: 0, waiting: [] };
    this.#running.set(key, slot);
    if (slot.count >= this.#limit) await new Promise<void>((resolve) => slot.waiting.push(resolve));
    else slot.count += 1;
    return () => {
      const next = slot.waiting.shift();
      // The place is handed on, so that nobody overtakes those who wait.
      if (next) next();
      else if (--slot.count === 0) this.#running.delete(key);
    };
  }
}
