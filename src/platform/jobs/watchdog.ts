/** Detects that a queue has neither worked nor polled for work for too long, because a lost connection has left it waiting. */
export class Watchdog {
  #last = performance.now();
  #working = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Resolves once; never while there is activity. */
  readonly expired: Promise<void>;

  /** `silence`: the longest time without activity, in milliseconds. */
  constructor(silence: number) {
    this.expired = new Promise((resolve) => {
      this.#timer = setInterval(() => {
        if (this.#working === 0 && performance.now() - this.#last > silence) resolve();
      }, silence / 4);
      this.#timer.unref();
    });
  }

  /** The queue has polled for work. */
  heartbeat(): void {
    this.#last = performance.now();
  }

  /** The queue is working: it is not silent, however long that takes. */
  async during(work: Promise<void>): Promise<void> {
    this.#working += 1;
    try {
      await work;
    } finally {
      this.#working -= 1;
      this.heartbeat();
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
