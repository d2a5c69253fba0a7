/** Tells when a queue has neither worked nor looked for work for too long: then a lost connection has left it waiting. */
export class Pulse {
  #last = performance.now();
  #working = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Resolves once; never, while there are signs of life. */
  readonly lost: Promise<void>;

  /** `silence`: how long there may be none, in milliseconds. */
  constructor(silence: number) {
    this.lost = new Promise((resolve) => {
      this.#timer = setInterval(() => {
        if (this.#working === 0 && performance.now() - this.#last > silence) resolve();
      }, silence / 4);
      this.#timer.unref();
    });
  }

  /** It has looked for work. */
  beat(): void {
    this.#last = performance.now();
  }

  /** It works: however long that takes, it is not silent. */
  async during(work: Promise<void>): Promise<void> {
    this.#working += 1;
    try {
      await work;
    } finally {
      this.#working -= 1;
      this.beat();
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
