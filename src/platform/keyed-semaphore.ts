/** Lets at most `limit` callers with the same key work concurrently; the others wait. */
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

  /**
   * Waits for a slot.
   *
   * @returns a function that releases it; call it once
   */
  async acquire(key: string): Promise<() => void> {
    const slot = this.#running.get(key) ?? { count: 0, waiting: [] };
    this.#running.set(key, slot);
    if (slot.count >= this.#limit) await new Promise<void>((resolve) => slot.waiting.push(resolve));
    else slot.count += 1;
    return () => {
      const next = slot.waiting.shift();
      // The slot is passed on directly, so that no later caller overtakes the waiting ones.
      if (next) next();
      else if (--slot.count === 0) this.#running.delete(key);
    };
  }
}
