import type { Db } from "./database/database.ts";
import { together } from "./database/together.ts";

/** What an earlier feature tells later ones inside its transaction. `Result` is what each subscriber returns. */
export interface TransactionEvent<Payload, Result = void> {
  readonly name: string;
  /** Only for the compiler: events with other payloads or results are other types. */
  readonly types?: (payload: Payload) => Result;
}

/** Declares an event; the feature that raises it exports it. */
export const defineEvent = <Payload, Result = void>(name: string): TransactionEvent<Payload, Result> => ({ name });

export type Subscriber<Payload, Result> = (tx: Db, payload: Payload) => Promise<Result>;

/**
 * Lets a feature that comes later in the list take part in the transaction of an earlier one, which does not know it. An error of
 * a subscriber rolls the transaction back.
 */
export class TransactionEvents {
  readonly #subscribers = new Map<TransactionEvent<never, unknown>, Subscriber<never, unknown>[]>();

  subscribe<Payload, Result>(event: TransactionEvent<Payload, Result>, subscriber: Subscriber<Payload, Result>): void {
    const key = event as TransactionEvent<never, unknown>;
    this.#subscribers.set(key, [...(this.#subscribers.get(key) ?? []), subscriber]);
  }

  /**
   * Calls all subscribers at the same time, so that their statements share round trips.
   * @returns what they return, in the order of their features.
   * @throws as `together`
   */
  async raise<Payload, Result>(tx: Db, event: TransactionEvent<Payload, Result>, payload: Payload): Promise<Result[]> {
    const subscribers = (this.#subscribers.get(event as TransactionEvent<never, unknown>) ??
      []) as unknown as Subscriber<Payload, Result>[];
    return together(...subscribers.map((subscriber) => subscriber(tx, payload)));
  }
}
