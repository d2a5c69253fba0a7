import type { Db } from "./database/database.ts";
import { together } from "./database/together.ts";

/** An event that an earlier feature raises for later ones inside its transaction. `Result` is what each subscriber returns. */
export interface TransactionEvent<Payload, Result = void> {
  readonly name: string;
  /** Only for the compiler: events with other payloads or results are different types. */
  readonly types?: (payload: Payload) => Result;
}

/** Declares an event; the feature that raises it exports it. */
export const defineEvent = <Payload, Result = void>(name: string): TransactionEvent<Payload, Result> => ({ name });

export type Subscriber<Payload, Result> = (tx: Db, payload: Payload) => Promise<Result>;

/**
 * Lets a later feature in the list take part in the transaction of an earlier one, which does not depend on it. If a subscriber
 * throws, the transaction is rolled back.
 */
export class TransactionEvents {
  readonly #subscribers = new Map<TransactionEvent<never, unknown>, Subscriber<never, unknown>[]>();

  subscribe<Payload, Result>(event: TransactionEvent<Payload, Result>, subscriber: Subscriber<Payload, Result>): void {
    const key = event as TransactionEvent<never, unknown>;
    this.#subscribers.set(key, [...(this.#subscribers.get(key) ?? []), subscriber]);
  }

  /**
   * Calls all subscribers concurrently, so that their statements share round trips.
   *
   * @returns their results, in the order of their features
   * @throws like `together`
   */
  async raise<Payload, Result>(tx: Db, event: TransactionEvent<Payload, Result>, payload: Payload): Promise<Result[]> {
    const subscribers = (this.#subscribers.get(event as TransactionEvent<never, unknown>) ??
      []) as unknown as Subscriber<Payload, Result>[];
    return together(...subscribers.map((subscriber) => subscriber(tx, payload)));
  }
}
