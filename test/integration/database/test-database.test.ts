import postgres from "postgres";
import { expect, it } from "vitest";
import { createTestDatabase } from "../../support/servers/database.ts";

it("gives every test its own migrated database, and removes it with its sessions", async () => {
  const [mine, yours] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  const [me, you] = [postgres(mine.url, { max: 1 }), postgres(yours.url, { max: 1 })];

  await me`create table mine (x int)`;
  expect(await you`select tablename from pg_tables where tablename in ('mine', 'users')`).toMatchObject([
    { tablename: "users" },
  ]);

  await mine.drop();
  await expect(me`select 1`.then(() => me`select 1`)).rejects.toThrow();
  expect(await you`select datname from pg_database where datname = ${new URL(mine.url).pathname.slice(1)}`).toEqual([]);
  await yours.drop();
  await Promise.all([me.end({ timeout: 0 }), you.end({ timeout: 0 })]);
});
