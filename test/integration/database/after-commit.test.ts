import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { afterCommit } from "#platform/database/after-commit";
import { type Database, openDatabase } from "#platform/database/database";
import { createTestDatabase, type TestDatabase } from "../../support/servers/database.ts";

let server: TestDatabase;
let database: Database;
beforeAll(async () => {
  server = await createTestDatabase();
  database = openDatabase({ url: server.url, poolSize: 3 });
});
afterAll(async () => {
  await database?.close();
  await server?.drop();
});

describe("a callback after the commit", () => {
  it("runs after the commit, in the order of registration", async () => {
    const ran: string[] = [];
    await database.db.transaction(async (tx) => {
      afterCommit(tx, () => ran.push("first"));
      await tx.execute(sql`select 1`);
      afterCommit(tx, () => ran.push("second"));
      expect(ran).toEqual([]);
    });
    expect(ran).toEqual(["first", "second"]);
  });

  it("never runs if the transaction is rolled back, by a throw or by the commit itself", async () => {
    const ran: string[] = [];
    const thrown = database.db.transaction(async (tx) => {
      afterCommit(tx, () => ran.push("thrown"));
      throw new Error("no");
    });
    await expect(thrown).rejects.toThrow("no");
    await database.db.execute(sql`
      create table late (id int primary key, next int references late (id) deferrable initially deferred)`);
    const refused = database.db.transaction(async (tx) => {
      await tx.execute(sql`insert into late values (1, 2)`);
      afterCommit(tx, () => ran.push("refused"));
    });
    await expect(refused).rejects.toThrow();
    expect(ran).toEqual([]);
  });

  it("waits for the outer transaction if registered in a savepoint, and is dropped with the savepoint", async () => {
    const ran: string[] = [];
    await database.db.transaction(async (tx) => {
      await tx.transaction(async (kept) => {
        afterCommit(kept, () => ran.push("kept"));
        await kept.transaction(async (deeper) => afterCommit(deeper, () => ran.push("deeper")));
      });
      const undone = tx.transaction(async (lost) => {
        afterCommit(lost, () => ran.push("lost"));
        throw new Error("undone");
      });
      await expect(undone).rejects.toThrow("undone");
      expect(ran).toEqual([]);
    });
    expect(ran).toEqual(["kept", "deeper"]);
  });

  it("runs immediately outside of a transaction", () => {
    const ran: string[] = [];
    afterCommit(database.db, () => ran.push("now"));
    expect(ran).toEqual(["now"]);
  });
});
