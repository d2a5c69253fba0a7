import { availableParallelism } from "node:os";
import { AppError } from "#shared/errors";

export interface HashingQueueOptions {
  /** The number of tasks that run concurrently. */
  readonly concurrency: number;
  /** The number of tasks that may wait. Further tasks are refused immediately. */
  readonly maxQueued: number;
  /** Called after each run, for metrics. */
  readonly onFinished?: (run: FinishedRun) => void;
  /** Milliseconds of a monotonic clock. */
  readonly elapsed?: () => number;
}

export interface FinishedRun {
  readonly waitedMs: number;
  readonly ranMs: number;
  readonly failed: boolean;
}

/** libuv's default if UV_THREADPOOL_SIZE is not set. */
const DEFAULT_THREAD_POOL_SIZE = 4;

/** Threads reserved for name look-ups, files and compression, which share the pool with hashing. */
const RESERVED_THREADS = 2;

/** How many hashes may run concurrently: at most the number of cores, and never libuv's whole thread pool. */
export const defaultConcurrency = (threadPoolSize = DEFAULT_THREAD_POOL_SIZE, cores = availableParallelism()): number =>
  Math.max(1, Math.min(cores, threadPoolSize - RESERVED_THREADS));

/** The number of hashes that may wait for each running one. At typical speeds the last waits one to three seconds. */
export const DEFAULT_QUEUED_PER_SLOT = 64;

/** Weight of the newest run in the moving average of run times. */
const SMOOTHING = 0.1;

/**
 * Lets a bounded number of hashes run and a bounded number wait, first come, first served. During a flood of logins further hashes
 * are refused immediately, because a retry is better for callers than waiting for a timeout, and because refreshes and queries need
 * threads, too.
 */
export class HashingQueue {
  readonly concurrency: number;
  readonly maxQueued: number;
  readonly #onFinished: ((run: FinishedRun) => void) | undefined;
  readonly #elapsed: () => number;
  /** The waiting callers, in order of arrival. */
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #finished = 0;
  #refused = 0;
  #averageRunMs = 0;

  constructor({ concurrency, maxQueued, onFinished, elapsed = () => performance.now() }: HashingQueueOptions) {
    if (!(concurrency >= 1)) throw new RangeError("A hashing queue runs at least one at a time.");
    this.concurrency = concurrency;
    this.maxQueued = maxQueued;
    this.#onFinished = onFinished;
    this.#elapsed = elapsed;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  get running(): number {
    return this.#running;
  }

  /** The number of runs that ended, successfully or not, since startup. */
  get finished(): number {
    return this.#finished;
  }

  /** The number of callers refused because the queue was full. */
  get refused(): number {
    return this.#refused;
  }

  /**
   * Runs the task once a slot is free.
   *
   * @throws {AppError} SERVICE_UNAVAILABLE with `retryAfter` if the queue is full
   */
  async run<T>(task: () => Promise<T>): Promise<T> {
    const arrived = this.#elapsed();
    if (this.#running < this.concurrency) this.#running += 1;
    else await this.#waitForSlot();

    const started = this.#elapsed();
    let failed = true;
    try {
      const result = await task();
      failed = false;
      return result;
    } finally {
      const ranMs = this.#elapsed() - started;
      this.#release(ranMs);
      this.#onFinished?.({ waitedMs: started - arrived, ranMs, failed });
    }
  }

  /** Resolves when a slot has been handed over. */
  #waitForSlot(): Promise<void> {
    if (this.#waiting.length >= this.maxQueued) {
      this.#refused += 1;
      throw new AppError("SERVICE_UNAVAILABLE", { retryAfter: this.#retryAfter() });
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Hands the slot to the caller that has waited longest, so that no new caller can take it. */
  #release(ranMs: number): void {
    this.#finished += 1;
    this.#averageRunMs = this.#finished === 1 ? ranMs : this.#averageRunMs + SMOOTHING * (ranMs - this.#averageRunMs);
    const next = this.#waiting.shift();
    if (next) next();
    else this.#running -= 1;
  }

  /** Seconds until all current work is done, at the recent speed. */
  #retryAfter(): number {
    const ahead = this.#waiting.length + this.#running;
    return Math.max(1, Math.ceil((ahead * this.#averageRunMs) / this.concurrency / 1_000));
  }
}
