import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeNeeding } from "../../support/servers/index.ts";
import { RedisServer } from "../../support/servers/redis.ts";

describeNeeding("redis-server", "a Redis of one's own", (program) => {
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

  it("comes back after a kill with what was saved, and without what was not", async () => {
    await client.set("saved", "yes");
    await server.save();
    await client.set("late", "yes");
    await server.kill();
    await server.start();
    await expect.poll(() => client.mget("saved", "late").catch(() => null)).toEqual(["yes", null]);
  });

  it("falls silent while paused, with its connections open", async () => {
    server.pause();
    await expect(client.ping()).rejects.toThrow(/timed out/);
    server.resume();
    await expect.poll(() => client.ping().catch(() => null)).toBe("PONG");
  });

  it("forgets everything when flushed", async () => {
    await client.set("key", "value");
    await server.flush();
    expect(await client.get("key")).toBeNull();
  });
});
