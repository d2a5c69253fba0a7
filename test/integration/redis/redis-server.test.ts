import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeIf } from "../../support/servers/index.ts";
import { RedisServer } from "../../support/servers/redis.ts";

describeIf("redis-server", "a Redis started by a test", (program) => {
  let server: RedisServer;
  let client: Redis;

  beforeAll(async () => {
    server = await RedisServer.start(program);
    client = new Redis(server.url, { commandTimeout: 200, maxRetriesPerRequest: 0, retryStrategy: () => 20 });
    client.on("error", () => undefined);
  });

  afterAll(async () => {
    client.disconnect();
    await server.stop();
  });

  it("has its saved data after a kill, and no unsaved data", async () => {
    await client.set("saved", "yes");
    await server.save();
    await client.set("late", "yes");
    await server.kill();
    await server.start();
    await expect.poll(() => client.mget("saved", "late").catch(() => null)).toEqual(["yes", null]);
  });

  it("does not respond while paused, and keeps its connections open", async () => {
    server.pause();
    await expect(client.ping()).rejects.toThrow(/timed out/);
    server.resume();
    await expect.poll(() => client.ping().catch(() => null)).toBe("PONG");
  });

  it("deletes everything when flushed", async () => {
    await client.set("key", "value");
    await server.flush();
    expect(await client.get("key")).toBeNull();
  });
});
