import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Database, openDatabase } from "#platform/database/database";
import { Limits } from "#platform/limits/limits";
import { TestClock } from "../support/servers/clock.ts";
import { createTestDatabase, type TestDatabase } from "../support/servers/database.ts";

describe("a limit that two replicas share", () => {
  const WINDOW = 900;
  let testDatabase: TestDatabase;
  let database: Database;
  let clock: TestClock;
  let one: Limits;
  let other: Limits;
  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    database = openDatabase({ url: testDatabase.url, poolSize: 10 });
  });
  afterAll(async () => {
    await database.close();
    await testDatabase.drop();
  });
  beforeEach(() => {
    clock = new TestClock();
    [one, other] = [new Limits({ clock }), new Limits({ clock })];
  });

  const take = async (limits: Limits, key: string, limit = 5): Promise<boolean> =>
    (await limits.consume(database.db, [{ key, limit, window: WINDOW }])).exceeded === null;

  it("admits exactly its number of calls, however many arrive concurrently", async () => {
    const taken = await Promise.all(Array.from({ length: 60 }, (_, n) => take(n % 2 ? one : other, "crowd", 20)));
    expect(taken.filter(Boolean)).toHaveLength(20);
  });

  it("is reset on both replicas when one of them resets it", async () => {
    for (let n = 0; n < 5; n++) await take(one, "owner");
    expect(await take(one, "owner")).toBe(false);
    expect(await take(other, "owner")).toBe(false);
    await one.refund(database.db, { reset: ["owner"] });
    expect(await take(one, "owner")).toBe(true);
    // The other replica's memory of an exceeded limit lasts only a moment longer than the limit.
    clock.advance(2_000);
    expect(await take(other, "owner")).toBe(true);
  });

  it("has capacity again after a crowd with correct passwords was refunded", async () => {
    const crowd = await Promise.all(Array.from({ length: 60 }, () => take(one, "office", 20)));
    const admitted = crowd.filter(Boolean).length;
    for (let n = 0; n < admitted; n++) await one.refund(database.db, { reset: [], refund: ["office"] });
    clock.advance(2_000);
    expect(await take(one, "office", 20)).toBe(true);
    expect(await take(other, "office", 20)).toBe(true);
  });

  it("stays used up without refunds", async () => {
    for (let n = 0; n < 8; n++) await take(one, "guesses");
    for (let seconds = 2; seconds < WINDOW - 10; seconds += 100) {
      clock.advance(100_000);
      if (seconds + 100 < WINDOW) expect(await take(other, "guesses")).toBe(false);
    }
    clock.advance(WINDOW * 1_000);
    expect(await take(other, "guesses")).toBe(true);
    // A clock set back locks no caller out for longer than a window, and admits no additional calls.
    clock.advance(-2 * WINDOW * 1_000);
    for (let n = 0; n < 4; n++) await take(other, "guesses");
    expect(await take(one, "guesses")).toBe(false);
  });

  it("is not consumed by calls that another limit refused", async () => {
    const [net, pair] = ["victim from anywhere", "victim from one address"];
    const guessFrom = async (address: string) =>
      (
        await one.consume(database.db, [
          { key: address, limit: 5, window: WINDOW },
          { key: net, limit: 30, window: WINDOW },
        ])
      ).exceeded?.key;
    for (let n = 0; n < 5; n++) expect(await guessFrom(pair)).toBeUndefined();
    for (let n = 0; n < 40; n++) {
      expect(await guessFrom(pair)).toBe(pair);
      clock.advance(2_100);
    }
    for (let n = 5; n < 30; n++) expect(await guessFrom(`${n}`)).toBeUndefined();
    expect(await guessFrom("one more")).toBe(net);
  });
});
