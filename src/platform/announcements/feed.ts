import { AppError } from "#shared/errors";

interface FeedOptions {
  /** How many items may wait for their reader: with one more the feed fails, for whoever reads that slowly reads nothing. */
  readonly most: number;
  /** Called once, when nobody will read any more or there is nothing more to read. */
  readonly onEnd: () => void;
}

type Result<Item> = IteratorResult<Item, undefined>;

/**
 * What is pushed on one side is read on the other, in order. Unlike a generator it ends at once when its reader leaves, also
 * while the reader waits; so nothing stays behind of a subscription that is over.
 */
export class Feed<Item> implements AsyncIterableIterator<Item, undefined> {
  readonly #options: FeedOptions;
  readonly #items: Item[] = [];
  #reader: PromiseWithResolvers<Result<Item>> | null = null;
  #state: "open" | "ended" | "failed" = "open";

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  /** For the reader, unless the feed has ended. */
  push(item: Item): void {
    if (this.#state !== "open") return;
    if (this.#reader) {
      this.#reader.resolve({ done: false, value: item });
      this.#reader = null;
    } else if (this.#items.length < this.#options.most) this.#items.push(item);
    else this.#end("failed");
  }

  /** What waits is still read. */
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

/** As in ES2024. */
interface PromiseWithResolvers<Value> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
}

const withResolvers = <Value>(): PromiseWithResolvers<Value> => {
  let resolve: (value: Value) => void = () => {};
  const promise = new Promise<Value>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
};
