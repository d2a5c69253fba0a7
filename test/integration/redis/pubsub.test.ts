import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Database, openDatabase } from "#platform/database/database";
import { createLogger } from "#platform/logging";
import { EpochCache } from "#platform/redis/epoch-cache";
import { openRedis } from "#platform/redis/redis";
import { createTestDatabase, type TestDatabase } from "../../support/servers/database.ts";
import { findFreePort } from "../../support/servers/ports.ts";

describe("a replica that cannot reach Redis", () => {
  let testDatabase: TestDatabase;
  let database: Database;
  let redis: EpochCache;
  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    database = openDatabase({ url: testDatabase.url, poolSize: 2 });
    const client = openRedis(`redis://127.0.0.1:${await findFreePort()}`);
    redis = new EpochCache({ redis: client, database, log: createLogger({ level: "silent" }) });
    await redis.start();
  });
  afterAll(async () => {
    redis.stop();
    await database.close();
    await testDatabase.drop();
  });

  it("waits until its message sent through Postgres has arrived", async () => {
    for (let round = 0; round < 50; round++) {
      const key = `user-${round}`;
      await redis.withhold(database.db, key);
      await redis.untilReceived();
      expect(redis.isWithheld(key), key).toBe(true);
    }
  });

  it("waits for as many messages at the same time as there are callers", async () => {
    const keys = Array.from({ length: 20 }, (_, index) => `at-once-${index}`);
    const withheld = await Promise.all(
      keys.map(async (key) => {
        await redis.withhold(database.db, key);
        await redis.untilReceived();
        return redis.isWithheld(key);
      }),
    );
    expect(withheld).toEqual(keys.map(() => true));
  });
});
