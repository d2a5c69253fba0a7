import { AppError } from "#shared/errors";
import { withResolvers } from "#shared/with-resolvers";

interface AsyncQueueOptions {
  /** How many items may be buffered. With one more the queue fails, because its reader is too slow. */
  readonly most: number;
  /** Called once, when the reader has left or there is nothing more to read. */
  readonly onEnd: () => void;
}

type Result<Item> = IteratorResult<Item, undefined>;

/**
 * A queue between a producer and a reader. Unlike a generator, it ends immediately when its reader leaves, also while the reader
 * waits, so nothing of an ended subscription remains in memory.
 */
export class AsyncQueue<Item> implements AsyncIterableIterator<Item, undefined> {
  readonly #options: AsyncQueueOptions;
  readonly #items: Item[] = [];
  #reader: ReturnType<typeof withResolvers<Result<Item>>> | null = null;
  #state: "open" | "ended" | "failed" = "open";

  constructor(options: AsyncQueueOptions) {
    this.#options = options;
  }

  /** Adds an item for the reader, unless the queue has ended. */
  push(item: Item): void {
    if (this.#state !== "open") return;
    if (this.#reader) {
      this.#reader.resolve({ done: false, value: item });
      this.#reader = null;
    } else if (this.#items.length < this.#options.most) this.#items.push(item);
    else this.#end("failed");
  }

  /** Ends the queue. Buffered items can still be read. */
  end(): void {
    this.#end("ended");
  }

  async next(): Promise<Result<Item>> {
    if (this.#items.length > 0) return { done: false, value: this.#items.shift() as Item };
    if (this.#state === "failed") throw tooSlow();
    if (this.#state === "ended") return { done: true, value: undefined };
    this.#reader = withResolvers();
    return this.#reader.promise;
  }

  async return(): Promise<Result<Item>> {
    this.#items.length = 0;
    this.#end("ended");
    return { done: true, value: undefined };
  }

  async throw(error: unknown): Promise<Result<Item>> {
    await this.return();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #end(state: "ended" | "failed"): void {
    if (this.#state !== "open") return;
    this.#state = state;
    this.#reader?.resolve({ done: true, value: undefined });
    this.#reader = null;
    this.#options.onEnd();
  }
}

const tooSlow = (): AppError =>
  new AppError("SERVICE_UNAVAILABLE", {
    message: "Events arrived faster than they were read. Subscribe again.",
    retryAfter: 1,
  });
