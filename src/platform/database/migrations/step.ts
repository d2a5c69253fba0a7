/** One part of a migration file, by how the runner has to execute it. */
export type Step =
  /** In its own transaction, with a short `lock_timeout`. */
  | { readonly kind: "transaction"; readonly sql: string }
  /** Outside of transactions, without blocking readers or writers; resumable. */
  | { readonly kind: "index"; readonly sql: string; readonly index: ConcurrentIndex }
  /** Outside of transactions, like building an index. */
  | { readonly kind: "drop-index"; readonly sql: string; readonly name: string }
  /** Outside of transactions: a statement that waits for others without blocking them, and is repeatable. */
  | { readonly kind: "concurrent"; readonly sql: string }
  /** One statement that changes a limited number of rows, repeated until it changes none. */
  | { readonly kind: "batches"; readonly sql: string };

/** The parts of `CREATE INDEX CONCURRENTLY`. */
export interface ConcurrentIndex {
  readonly unique: boolean;
  readonly name: string;
  readonly table: string;
  /** The text after the table: method, columns, predicate. */
  readonly definition: string;
}

/** A comment on its own line before the statement: the statement is repeated until it changes no row. */
const BATCHED = /^\s*--\s*batched\s*$/im;

const CREATE_INDEX =
  /^create\s+(?<unique>unique\s+)?index\s+concurrently\s+(?:if\s+not\s+exists\s+)?"?(?<name>\w+)"?\s+on\s+"?(?<table>\w+)"?\s*(?<definition>.*)$/is;

const DROP_INDEX = /^drop\s+index\s+concurrently\s+(?:if\s+exists\s+)?"?(?<name>\w+)"?$/i;

const CONCURRENT = /^(?:(?:reindex|alter)\b.*\bconcurrently\b|alter\s+table\s+[^;]*\bvalidate\s+constraint\b)/is;

/** The statement without `--` comments and the closing semicolon. */
export const bareStatement = (sql: string): string =>
  sql
    .replace(/^\s*--.*$/gm, "")
    .replace(/[\s;]+$/, "")
    .trim();

/** Determines from its text how one part of a migration file has to be executed. */
export const stepOf = (sql: string): Step => {
  if (BATCHED.test(sql)) return { kind: "batches", sql };
  const statement = bareStatement(sql);
  const { unique, name, table, definition } = CREATE_INDEX.exec(statement)?.groups ?? {};
  if (name !== undefined && table !== undefined && definition !== undefined)
    return { kind: "index", sql, index: { unique: unique !== undefined, name, table, definition } };
  const dropped = DROP_INDEX.exec(statement)?.groups?.name;
  if (dropped !== undefined) return { kind: "drop-index", sql, name: dropped };
  return { kind: CONCURRENT.test(statement) ? "concurrent" : "transaction", sql };
};
