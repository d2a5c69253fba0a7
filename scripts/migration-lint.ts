import { splitSteps } from "#platform/database/migrations/read-migrations";
import { bareStatement, stepOf } from "#platform/database/migrations/step";

/** A comment before a statement that a developer has reviewed: `-- lint-allow: <why it does not block>`. */
const ALLOWED = /^\s*--\s*lint-allow:\s*\S/im;

const TABLE = String.raw`(?:if (?:not )?exists )?(?:only )?(?:"?public"?\.)?"?(?<table>\w+)"?`;
const pattern = (text: string): RegExp => new RegExp(text, "i");
const alter = (action: string): RegExp => pattern(`^alter table ${TABLE} .*${action}`);

const VOLATILE = String.raw`(?:\b(?:gen_random_uuid|uuid\w*|random|clock_timestamp|timeofday|nextval) ?\(|\b(?:small|big)?serial\b|\bgenerated\b)`;
const ADD = String.raw`\badd (?:constraint "?\w+"? )?`;
const ADD_COLUMN = String.raw`\badd (?:column )?(?!constraint|unique|primary key|foreign key|check|exclude)[^;]*`;

/** Statements that block requests, or break the previous version, if the table has rows and is in use; each with its remedy. */
const RULES: readonly (readonly [RegExp, string])[] = [
  [pattern(String.raw`^create (?:unique )?index (?!concurrently\b).*?\bon ${TABLE}`), "build the index CONCURRENTLY"],
  [/^drop index (?!concurrently\b)/i, "DROP INDEX CONCURRENTLY"],
  [/^reindex (?!.*\bconcurrently\b)/i, "REINDEX CONCURRENTLY"],
  [
    alter(String.raw`${ADD}(?:unique|primary key|exclude)\b(?!.*\busing index\b)`),
    "build a unique index CONCURRENTLY, then ADD CONSTRAINT … USING INDEX",
  ],
  [
    alter(String.raw`${ADD}(?:foreign key|check)\b(?!.*\bnot valid\b)`),
    "ADD CONSTRAINT … NOT VALID, then VALIDATE CONSTRAINT in a separate statement",
  ],
  [
    alter(`${ADD_COLUMN}${VOLATILE}`),
    "add the column without a default, then set the default, then fill it in batches",
  ],
  [
    alter(String.raw`\badd column (?![^;]*\bdefault\b)[^;]*\bnot null\b`),
    "add it nullable, or with a constant default",
  ],
  [
    alter(String.raw`\badd column [^;]*\b(?:references|check|unique|primary key)\b`),
    "add the column first, then its constraint",
  ],
  [
    alter(String.raw`\balter (?:column )?"?\w+"? (?:set data )?type\b`),
    "add a column of the new type and fill it in batches",
  ],
  [alter(String.raw`\bset (?:tablespace|logged|unlogged|access method)\b`), "this rewrites the whole table"],
  [
    alter(String.raw`\bdrop (?:column\b|(?!constraint|not null|default|identity|expression)"?\w+"?)`),
    "drop a column one version after the last one that reads it",
  ],
  [alter(String.raw`\brename\b`), "the version that still runs uses the old name"],
  [alter(String.raw`\battach partition\b`), "add a CHECK of the bounds, validate it, and attach with lint-allow"],
  [alter(String.raw`\bdetach partition\b(?!.*\bconcurrently\b)`), "DETACH PARTITION … CONCURRENTLY"],
  [pattern(`^drop table ${TABLE}`), "drop a table one version after the last one that reads it"],
  [pattern(`^(?:lock|truncate) (?:table )?${TABLE}`), "this locks the whole table"],
  [/^(?:vacuum|cluster|refresh materialized view (?!concurrently))\b/i, "this locks the whole table"],
  [/^(?:do|call|select)\b/i, "the locks of a procedure cannot be read from its text"],
];

const CHANGES_ROWS = pattern(String.raw`^(?:with .*\) )?(?:update|delete from) ${TABLE}`);
const INSERTS_QUERY = /^insert into .*\bselect\b/i;
const SET_NOT_NULL = alter(String.raw`\balter (?:column )?"?(?<column>\w+)"? set not null\b`);
const CREATE_TABLE = pattern(`^create table ${TABLE}`);
const NOT_NULL_CHECK = alter(
  String.raw`\badd constraint "?(?<name>\w+)"? check \(\(?(?:"?\w+"?\.)?"?(?<column>\w+)"? is not null\)?\)`,
);
const VALIDATE = alter(String.raw`\bvalidate constraint "?(?<name>\w+)"?`);

/** The effects of earlier statements in the same file. */
interface Before {
  readonly createdTables: Set<string>;
  /** The column, as table.column, that a constraint declares NOT NULL, by the constraint's name. */
  readonly notNullChecks: Map<string, string>;
  /** The constraints among them that all rows are known to satisfy. */
  readonly provenNotNull: Set<string>;
}

/**
 * The statements of a migration that block requests or break the version that is still running, each with its remedy. Tables
 * created in the same file are exempt, because they are not in use yet.
 */
export const findBlockingStatements = (text: string): string[] => {
  const before: Before = { createdTables: new Set(), notNullChecks: new Map(), provenNotNull: new Set() };
  return splitSteps(text).flatMap((part) => {
    const statements = splitStatements(part);
    const faults = ALLOWED.test(part)
      ? []
      : [
          ...judgeStep(part, statements),
          ...statements.flatMap((statement) => judgeStatement(statement, stepOf(part).kind === "batches", before)),
        ];
    for (const statement of statements) remember(statement, before);
    return faults.map((fault) => `${statements[0]?.slice(0, 100)}: ${fault}`);
  });
};

/** One line each, split at semicolons that end a line. */
const splitStatements = (part: string): string[] =>
  bareStatement(part)
    .split(/;\s*\n/)
    .map((statement) => bareStatement(statement).replace(/\s+/g, " "))
    .filter(Boolean);

/** The runner recognizes a statement that cannot run in a transaction only if it is alone in its part. */
const judgeStep = (part: string, statements: readonly string[]): string[] => {
  if (stepOf(part).kind === "batches" && !/\blimit \d+/i.test(part)) return ["a batch has a LIMIT"];
  const special = stepOf(part).kind !== "transaction" || statements.some((each) => stepOf(each).kind !== "transaction");
  return special && statements.length > 1 ? ["put each statement between breakpoints of its own"] : [];
};

const judgeStatement = (statement: string, isBatch: boolean, { createdTables, provenNotNull }: Before): string[] => {
  const concerns = (forbidden: RegExp): boolean => {
    const match = forbidden.exec(statement);
    return match !== null && !createdTables.has(match.groups?.table ?? "");
  };
  const faults = RULES.filter(([forbidden]) => concerns(forbidden)).map(([, remedy]) => remedy);
  if (!isBatch && (concerns(CHANGES_ROWS) || INSERTS_QUERY.test(statement)))
    faults.push("change rows in batches: a comment `-- batched` and a LIMIT");
  const { table, column } = SET_NOT_NULL.exec(statement)?.groups ?? {};
  if (concerns(SET_NOT_NULL) && !provenNotNull.has(`${table}.${column}`))
    faults.push("add and validate CHECK (column IS NOT NULL) before it, so that the table is not read under the lock");
  return faults;
};

const remember = (statement: string, { createdTables, notNullChecks, provenNotNull }: Before): void => {
  const created = CREATE_TABLE.exec(statement)?.groups;
  if (created?.table) createdTables.add(created.table);
  const check = NOT_NULL_CHECK.exec(statement)?.groups;
  if (check?.name) notNullChecks.set(check.name, `${check.table}.${check.column}`);
  const proven = notNullChecks.get(VALIDATE.exec(statement)?.groups?.name ?? "");
  if (proven) provenNotNull.add(proven);
};
