import type { Client } from "pg";
import type { ConcurrentIndex } from "./step.ts";

/** Runs a statement in its own transaction, with a short lock timeout. */
export type RunInTransaction = (sql: string) => Promise<unknown>;

/** Postgres truncates longer names. */
const LONGEST_NAME = 63;

/** Builds an index while the table is in use. An invalid index left by a killed build is dropped and rebuilt. */
export const buildIndexConcurrently = async (
  client: Client,
  index: ConcurrentIndex,
  runInTransaction: RunInTransaction,
): Promise<void> => {
  if (await isPartitioned(client, index.table)) await buildPartitionedIndex(client, index, runInTransaction);
  else await buildOnOneTable(client, index);
};

/**
 * Drops an index while the table is in use. The index of a partitioned table is dropped in a transaction, as Postgres requires.
 */
export const dropIndexConcurrently = async (
  client: Client,
  name: string,
  runInTransaction: RunInTransaction,
): Promise<void> => {
  const { rows } = await client.query("select from pg_class where oid = to_regclass($1) and relkind = 'I'", [
    `"${name}"`,
  ]);
  if (rows.length > 0) await runInTransaction(`drop index "${name}"`);
  else await client.query(`drop index concurrently if exists "${name}"`);
};

const buildOnOneTable = async (client: Client, { unique, name, table, definition }: ConcurrentIndex): Promise<void> => {
  const state = await findIndexState(client, name);
  if (state === "valid") return;
  if (state === "invalid") await client.query(`drop index concurrently "${name}"`);
  await client.query(`create ${unique ? "unique " : ""}index concurrently "${name}" on "${table}" ${definition}`);
};

/**
 * Postgres cannot build the index of a partitioned table concurrently, only those of its partitions. The parent index is created
 * empty and invalid; the partitions' indexes are attached one after another, and it becomes valid once it has all of them.
 */
const buildPartitionedIndex = async (
  client: Client,
  index: ConcurrentIndex,
  runInTransaction: RunInTransaction,
): Promise<void> => {
  const { unique, name, table } = index;
  if ((await findIndexState(client, name)) === null)
    await runInTransaction(`create ${unique ? "unique " : ""}index "${name}" on only "${table}" ${index.definition}`);
  for (const partition of await listPartitionsWithout(client, index)) {
    const suffix = partition.startsWith(table) ? partition.slice(table.length) : `_${partition}`;
    const ofPartition = `${name.slice(0, LONGEST_NAME - suffix.length)}${suffix}`;
    const definition = await definitionOf(client, name);
    await buildOnOneTable(client, { unique, name: ofPartition, table: partition, definition });
    await runInTransaction(`alter index "${name}" attach partition "${ofPartition}"`);
  }
  if ((await findIndexState(client, name)) !== "valid") throw new Error(`The index ${name} has not become valid.`);
};

const isPartitioned = async (client: Client, table: string): Promise<boolean> => {
  const { rows } = await client.query("select from pg_partitioned_table where partrelid = to_regclass($1)", [
    `"${table}"`,
  ]);
  return rows.length > 0;
};

/** The definition as parsed by Postgres, which does not name the table: the written predicate may name the parent table. */
const definitionOf = async (client: Client, index: string): Promise<string> => {
  const { rows } = await client.query<{ text: string }>("select pg_get_indexdef(to_regclass($1)) as text", [
    `"${index}"`,
  ]);
  return rows[0]?.text.replace(/^.*? (?=USING )/s, "") ?? "";
};

const findIndexState = async (client: Client, name: string): Promise<"valid" | "invalid" | null> => {
  const { rows } = await client.query<{ valid: boolean }>(
    "select indisvalid and indisready as valid from pg_index where indexrelid = to_regclass($1)",
    [`"${name}"`],
  );
  const [row] = rows;
  if (row === undefined) return null;
  return row.valid ? "valid" : "invalid";
};

/** The partitions whose index is not attached to the parent index yet. */
const listPartitionsWithout = async (client: Client, { name, table }: ConcurrentIndex): Promise<string[]> => {
  const { rows } = await client.query<{ partition: string }>(
    `select c.relname as partition
     from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = to_regclass($1) and not exists (
       select from pg_inherits of_index join pg_index x on x.indexrelid = of_index.inhrelid
       where of_index.inhparent = to_regclass($2) and x.indrelid = c.oid
     )
     order by c.relname`,
    [`"${table}"`, `"${name}"`],
  );
  return rows.map(({ partition }) => partition);
};
