import type { Client } from "pg";
import { assertNever } from "#shared/errors";
import { buildIndexConcurrently, dropIndexConcurrently } from "./concurrent-index.ts";
import {
  insertFinishedMigration,
  insertFinishedStep,
  listFinishedSteps,
  listPendingMigrations,
  prepareLedger,
} from "./ledger.ts";
import type { Migration } from "./read-migrations.ts";
import type { Step } from "./step.ts";

export interface MigrationRun {
  /** A session that holds the migration lock and is not in a transaction. */
  readonly client: Client;
  /** How long a statement may wait for a lock; all other statements on the table wait behind it. */
  readonly lockTimeoutMs: number;
  readonly onStep: (migration: Migration, step: Step) => void;
}

/**
 * Executes the steps that this database does not have yet. Each is either committed together with its entry in the ledger, or
 * repeatable, so that the next run can continue after any interruption.
 */
export const runMigrations = async (run: MigrationRun, all: readonly Migration[]): Promise<void> => {
  const { client } = run;
  await prepareLedger(client);
  for (const migration of await listPendingMigrations(client, all)) {
    const finished = await listFinishedSteps(client, migration);
    for (const [number, step] of migration.steps.entries()) {
      if (finished.has(number)) continue;
      await runStep(run, step, () => insertFinishedStep(client, migration, number));
      run.onStep(migration, step);
    }
    await insertFinishedMigration(client, migration);
  }
};

const runStep = async (run: MigrationRun, step: Step, recordStep: () => Promise<void>): Promise<void> => {
  const { client } = run;
  switch (step.kind) {
    case "transaction":
      return inTransaction(run, async () => {
        await client.query(step.sql);
        await recordStep();
      });
    case "index":
      await buildIndexConcurrently(client, step.index, (sql) => inTransaction(run, () => client.query(sql)));
      return recordStep();
    case "drop-index":
      await dropIndexConcurrently(client, step.name, (sql) => inTransaction(run, () => client.query(sql)));
      return recordStep();
    case "concurrent":
      await client.query(step.sql);
      return recordStep();
    case "batches":
      while (await changesRows(run, step.sql));
      return recordStep();
    default:
      return assertNever(step);
  }
};

const changesRows = async (run: MigrationRun, sql: string): Promise<boolean> => {
  const { rowCount } = await inTransaction(run, () => run.client.query(sql));
  return (rowCount ?? 0) > 0;
};

const inTransaction = async <Result>(
  { client, lockTimeoutMs }: MigrationRun,
  work: () => Promise<Result>,
): Promise<Result> => {
  await client.query("begin");
  try {
    await client.query(`set local lock_timeout = ${lockTimeoutMs}`);
    const result = await work();
    await client.query("commit");
    return result;
  } catch (error) {
    // A lost connection is rolled back by Postgres.
    await client.query("rollback").catch(() => {});
    throw error;
  }
};
