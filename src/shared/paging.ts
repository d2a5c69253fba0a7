import { badInput } from "./errors.ts";
import { bytesOfUuid, isUuid, uuidOfBytes } from "./ids.ts";

/** What a client asked of a connection: `first` rows after a cursor. Every list is newest first, by its UUIDv7. */
export interface PageRequest {
  readonly first: number;
  readonly after?: string | null | undefined;
}

/** A slice to read: at most `limit` rows with an id below `before`. */
export interface Slice {
  /** One more than the client wants: the extra row tells whether there is a next page. */
  readonly limit: number;
  readonly before: string | null;
}

export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

export const MAX_PAGE = 100;

/** The cursor of the row with this id: opaque for clients, and short. */
export const encodeCursor = (id: string): string => bytesOfUuid(id).toString("base64url");

const decodeCursor = (cursor: string): string | null => {
  const id = uuidOfBytes(Buffer.from(cursor, "base64url"));
  return isUuid(id) ? id : null;
};

/** Reads a page request. Throws BAD_USER_INPUT where `first` is not 1 to 100 or the cursor is not one of ours. */
export const toSlice = ({ first, after }: PageRequest): Slice => {
  if (first < 1 || first > MAX_PAGE) throw badInput({ path: "first", message: `Ask for 1 to ${MAX_PAGE}.` });
  if (after === null || after === undefined) return { limit: first + 1, before: null };
  const before = decodeCursor(after);
  if (before === null) throw badInput({ path: "after", message: "This is not a cursor of this list." });
  return { limit: first + 1, before };
};

/** Cuts the extra row off what a slice returned. */
export const toPage = <Row>(rows: readonly Row[], { limit, before }: Slice): Page<Row> => ({
  rows: rows.slice(0, limit - 1),
  hasNextPage: rows.length === limit,
  hasPreviousPage: before !== null,
});
