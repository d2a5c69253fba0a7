import type { Client } from "pg";
import type { Migration } from "./read-migrations.ts";

// drizzle-kit's table of finished migrations, and the finished steps of the current migration.
const PREPARE = `
  create schema if not exists drizzle;
  create table if not exists drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint);
  create table if not exists drizzle.migration_steps (
    migration bigint not null, step int not null, primary key (migration, step)
  )`;

/** Creates the ledger if it is missing. The caller holds the migration lock. */
export const prepareLedger = async (client: Client): Promise<void> => {
  const { rows } = await client.query("select to_regclass('drizzle.migration_steps') as steps");
  // Skipped if the ledger exists, because a role that owns the tables may lack the right to create schemas.
  if (rows[0]?.steps === null) await client.query(PREPARE);
};

/** The migrations that this database does not have yet, in order. */
export const listPendingMigrations = async (client: Client, all: readonly Migration[]): Promise<Migration[]> => {
  const { rows } = await client.query<{ created_at: string }>("select created_at from drizzle.__drizzle_migrations");
  const done = new Set(rows.map(({ created_at }) => Number(created_at)));
  return all.filter(({ createdAt }) => !done.has(createdAt));
};

/** The numbers of the steps that an earlier, interrupted run has finished. */
export const listFinishedSteps = async (client: Client, { createdAt }: Migration): Promise<ReadonlySet<number>> => {
  const steps = "select step from drizzle.migration_steps where migration = $1";
  const { rows } = await client.query<{ step: number }>(steps, [createdAt]);
  return new Set(rows.map(({ step }) => step));
};

export const insertFinishedStep = async (client: Client, { createdAt }: Migration, step: number): Promise<void> => {
  await client.query("insert into drizzle.migration_steps (migration, step) values ($1, $2)", [createdAt, step]);
};

/** Records the whole migration, as drizzle-kit does, and removes its steps. */
export const insertFinishedMigration = async (client: Client, { createdAt, hash }: Migration): Promise<void> => {
  await client.query(
    `with steps as (delete from drizzle.migration_steps where migration = $2)
     insert into drizzle.__drizzle_migrations (hash, created_at) values ($1, $2)`,
    [hash, createdAt],
  );
};
