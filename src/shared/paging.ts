import { badInput } from "./errors.ts";
import { bytesOfUuid, isUuid, uuidOfBytes } from "./ids.ts";

/**
 * The paging arguments of a connection (Relay's cursor connections): the `first` rows after a cursor, or the `last` rows before
 * one. Every list is sorted newest first, by its UUIDv7.
 */
export interface PageRequest {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
}

/** A slice to read: at most `limit` rows, with ids below `below` and above `above`. */
export interface Slice {
  /** One more than requested: the extra row shows whether there is another page. */
  readonly limit: number;
  readonly below: string | null;
  readonly above: string | null;
  /** Whether the rows are read from the oldest on, because the last ones before a cursor are requested. */
  readonly backward: boolean;
}

/** From an instant on (inclusive) until another (exclusive). */
export interface Period {
  readonly from?: Date | null | undefined;
  readonly to?: Date | null | undefined;
}

/** An unbounded period. */
export const ALWAYS: Period = {};

export interface Page<Row> {
  /** Newest first, independent of the direction in which they were read. */
  readonly rows: readonly Row[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  /** Counts all rows of the list, up to one more than MAX_COUNT. Called only if the client requests the count. */
  readonly count: () => Promise<number>;
  /** The cursor of a row, if the list is not ordered by its ids. */
  cursorOf?(row: Row): string;
}

/** The page of an empty list. */
export const EMPTY_PAGE = {
  rows: [],
  hasNextPage: false,
  hasPreviousPage: false,
  count: async () => 0,
} satisfies Page<never>;

/** The arguments of a connection within a parent. */
export interface ListArgs<Filter> {
  readonly filter: Filter;
  readonly page: PageRequest;
}

/** Reads a page for each of several parents. */
export type PagesOf<Filter, Id, Node> = (args: ListArgs<Filter>) => (parents: readonly Id[]) => Promise<Page<Node>[]>;

export const MAX_PAGE = 100;

/** The rows of a page if the client does not specify a number. */
export const DEFAULT_PAGE = 50;

/** The rows of a page of a list within the rows of another list, if the client does not specify a number. */
export const CHILD_PAGE = 10;

/** Adds the page size for lists within rows, if the client gives none. */
export const shortPage = <Request extends PageRequest>(page: Request): Request =>
  page.first == null && page.last == null ? { ...page, first: CHILD_PAGE } : page;

/** Counts are exact up to this number, because counting further would cost as much as reading all rows. */
export const MAX_COUNT = 10_000;

/** The cursor of the row with this id: opaque to clients, and short. */
export const encodeCursor = (id: string): string => bytesOfUuid(id).toString("base64url");

/** The id in a cursor; null if it is not a cursor of a list that is ordered by its ids. */
export const decodeCursor = (cursor: string): string | null => {
  const id = uuidOfBytes(Buffer.from(cursor, "base64url"));
  return isUuid(id) ? id : null;
};

const readCursor = <Position>(
  cursor: string | null | undefined,
  path: string,
  decode: (cursor: string) => Position | null,
): Position | null => {
  if (cursor === null || cursor === undefined) return null;
  const position = decode(cursor);
  if (position === null) throw badInput({ path, message: "Invalid cursor for this list." });
  return position;
};

/**
 * Parses a page request of a list whose cursors `decode` decodes.
 *
 * @throws {AppError} BAD_USER_INPUT if `first` or `last` is not 1 to 100, both are given, or a cursor is invalid
 */
export const readPageRequest = <Position>(
  { first, after, last, before }: PageRequest,
  decode: (cursor: string) => Position | null,
) => {
  if (first != null && last != null) throw badInput({ path: "last", message: "Use either first or last." });
  const size = first ?? last ?? DEFAULT_PAGE;
  if (size < 1 || size > MAX_PAGE)
    throw badInput({ path: last != null ? "last" : "first", message: `Request 1 to ${MAX_PAGE}.` });
  return {
    limit: size + 1,
    after: readCursor(after, "after", decode),
    before: readCursor(before, "before", decode),
    backward: last != null,
  };
};

/**
 * Parses a page request of a list that is ordered by its ids.
 *
 * @throws {AppError} BAD_USER_INPUT like `readPageRequest`
 */
export const toSlice = (request: PageRequest): Slice => {
  const { limit, after, before, backward } = readPageRequest(request, decodeCursor);
  return { limit, below: after, above: before, backward };
};

/** Removes the extra row that a slice returned, and sorts the newest first. */
export const toPage = <Row>(
  read: readonly Row[],
  { limit, below, above, backward }: Slice,
  count: () => Promise<number>,
): Page<Row> => {
  const isMore = read.length === limit;
  const cut = read.slice(0, limit - 1);
  return {
    rows: backward ? cut.toReversed() : cut,
    hasNextPage: backward ? above !== null : isMore,
    hasPreviousPage: backward ? isMore : below !== null,
    count,
  };
};
