import { badInput } from "./errors.ts";
import { bytesOfUuid, isUuid, uuidOfBytes } from "./ids.ts";

/**
 * What a client asks of a connection (Relay's cursor connections): the `first` rows after a cursor, or the `last` rows before
 * one. Every list is newest first, by its UUIDv7.
 */
export interface PageRequest {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
}

/** A slice to read: at most `limit` rows, with ids below `below` and above `above`. */
export interface Slice {
  /** One more than the client wants: the extra row tells whether there is another page. */
  readonly limit: number;
  readonly below: string | null;
  readonly above: string | null;
  /** Whether the rows are read from the oldest on, because the last ones before a cursor are wanted. */
  readonly backward: boolean;
}

/** From an instant on, until before another. */
export interface Period {
  readonly from?: Date | null | undefined;
  readonly to?: Date | null | undefined;
}

/** All of time. */
export const ALWAYS: Period = {};

export interface Page<Row> {
  /** Newest first, whichever way they were read. */
  readonly rows: readonly Row[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  /** Counts all rows of the list, at most one more than MAX_COUNT. Asked only if the client wants to know. */
  readonly count: () => Promise<number>;
  /** The cursor of a row, if the list is not ordered by its ids. */
  cursorOf?(row: Row): string;
}

/** The page of a list that has no rows. */
export const EMPTY_PAGE = {
  rows: [],
  hasNextPage: false,
  hasPreviousPage: false,
  count: async () => 0,
} satisfies Page<never>;

/** What a connection of one parent is asked with. */
export interface ListArgs<Filter> {
  readonly filter: Filter;
  readonly page: PageRequest;
}

/** Reads a page for each of several parents. */
export type PagesOf<Filter, Id, Node> = (args: ListArgs<Filter>) => (parents: readonly Id[]) => Promise<Page<Node>[]>;

export const MAX_PAGE = 100;

/** The rows of a page if the client does not say how many. */
export const DEFAULT_PAGE = 50;

/** The rows of a page of a list that each row of another list has, if the client does not say how many. */
export const CHILD_PAGE = 10;

/** With the size of a page within rows if the client gives none. */
export const shortPage = <Request extends PageRequest>(page: Request): Request =>
  page.first == null && page.last == null ? { ...page, first: CHILD_PAGE } : page;

/** Up to here a count is exact: counting on would cost as much as reading all rows. */
export const MAX_COUNT = 10_000;

/** The cursor of the row with this id: opaque for clients, and short. */
export const encodeCursor = (id: string): string => bytesOfUuid(id).toString("base64url");

/** The id that a cursor holds; null if it is not a cursor of a list that is ordered by its ids. */
export const decodeCursor = (cursor: string): string | null => {
  const id = uuidOfBytes(Buffer.from(cursor, "base64url"));
  return isUuid(id) ? id : null;
};

const readCursor = <Place>(
  cursor: string | null | undefined,
  path: string,
  decode: (cursor: string) => Place | null,
): Place | null => {
  if (cursor === null || cursor === undefined) return null;
  const place = decode(cursor);
  if (place === null) throw badInput({ path, message: "This is not a cursor of this list." });
  return place;
};

/**
 * Reads a page request of a list whose cursors `decode` reads.
 * @throws {AppError} BAD_USER_INPUT if `first` or `last` is not 1 to 100, both are given, or a cursor is not one of ours
 */
export const readPageRequest = <Place>(
  { first, after, last, before }: PageRequest,
  decode: (cursor: string) => Place | null,
) => {
  if (first != null && last != null) throw badInput({ path: "last", message: "Give either first or last." });
  const size = first ?? last ?? DEFAULT_PAGE;
  if (size < 1 || size > MAX_PAGE)
    throw badInput({ path: last != null ? "last" : "first", message: `Ask for 1 to ${MAX_PAGE}.` });
  return {
    limit: size + 1,
    after: readCursor(after, "after", decode),
    before: readCursor(before, "before", decode),
    backward: last != null,
  };
};

/**
 * Reads a page request of a list that is ordered by its ids.
 * @throws {AppError} BAD_USER_INPUT as `readPageRequest`
 */
export const toSlice = (request: PageRequest): Slice => {
  const { limit, after, before, backward } = readPageRequest(request, decodeCursor);
  return { limit, below: after, above: before, backward };
};

/** Cuts the extra row off what a slice returned, and puts the newest first. */
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
