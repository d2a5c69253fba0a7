import { isUuid } from "./ids.ts";
import { decodeCursor, encodeCursor, type Page, type PageRequest, readPageRequest, toPage } from "./paging.ts";

export const ORDER_DIRECTIONS = ["ASC", "DESC"] as const;
export type OrderDirection = (typeof ORDER_DIRECTIONS)[number];

/** The order of a list: by a field, and by id among rows whose fields are equal. */
export interface Order<Field extends string = string> {
  readonly field: Field;
  readonly direction: OrderDirection;
}

/** The order of lists without a choice: newest first, by id. The cursors of this order are the ids alone. */
const NEWEST_FIRST: Order = { field: "CREATED_AT", direction: "DESC" };

/** A row's position in an ordered list. */
export interface Position {
  /** The value of the field as text; empty if the list is ordered by id alone. */
  readonly key: string;
  readonly id: string;
}

/** A part of an ordered list to read: at most `limit` rows between two positions. */
export interface OrderedSlice {
  /** One more than requested: the extra row shows whether there is another page. */
  readonly limit: number;
  readonly after: Position | null;
  readonly before: Position | null;
  /** Whether the rows are read from the end of the list. */
  readonly backward: boolean;
}

/** Longer than any key, so that a cursor forged by a client stays small. */
const MAX_KEY_LENGTH = 320;

const isNewestFirst = ({ field, direction }: Order): boolean =>
  field === NEWEST_FIRST.field && direction === NEWEST_FIRST.direction;

/** The cursor of a position. It includes the order, because a row's position is different in another order. */
const encodePosition = ({ field, direction }: Order, { key, id }: Position): string =>
  isNewestFirst({ field, direction })
    ? encodeCursor(id)
    : Buffer.from(JSON.stringify([field, direction, key, id])).toString("base64url");

/** The position in a cursor; null if it is not a cursor of this order. */
const decodePosition = (order: Order, isKey: (key: string) => boolean, cursor: string): Position | null => {
  if (isNewestFirst(order)) {
    const id = decodeCursor(cursor);
    return id === null ? null : { key: "", id };
  }
  const [field, direction, key, id] = parsed(Buffer.from(cursor, "base64url").toString());
  if (field !== order.field || direction !== order.direction) return null;
  if (typeof id !== "string" || !isUuid(id)) return null;
  return typeof key === "string" && key.length <= MAX_KEY_LENGTH && isKey(key) ? { key, id } : null;
};

const parsed = (text: string): readonly unknown[] => {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
};

/**
 * Parses a page request of a list in this order. `isKey` accepts the texts that the order's field can have.
 *
 * @throws {AppError} BAD_USER_INPUT if `first` or `last` is not 1 to 100, both are given, or a cursor does not belong to this
 *   order
 */
export const toOrderedSlice = (request: PageRequest, order: Order, isKey: (key: string) => boolean): OrderedSlice =>
  readPageRequest(request, (cursor) => decodePosition(order, isKey, cursor));

/** Like `toPage`, with cursors of this order. */
export const toOrderedPage = <Row>(
  read: readonly Row[],
  { limit, after, before, backward }: OrderedSlice,
  { order, positionOf, count }: { order: Order; positionOf: (row: Row) => Position; count: () => Promise<number> },
): Page<Row> => ({
  ...toPage(read, { limit, backward, below: after?.id ?? null, above: before?.id ?? null }, count),
  cursorOf: (row) => encodePosition(order, positionOf(row)),
});
