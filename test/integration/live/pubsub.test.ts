import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createLogger } from "#platform/logging";
import { InMemoryPubSub, RedisPubSub } from "#platform/pubsub/index";
import { openRedis, openRedisSubscriber } from "#platform/redis/redis";
import { eventually } from "../../support/clients/live.ts";
import { describeIf } from "../../support/servers/index.ts";
import { RedisServer } from "../../support/servers/redis.ts";

const log = createLogger({ level: "silent" });

/** A listener, and the messages that it received. */
const listener = () => {
  const heard: string[] = [];
  const gaps: number[] = [];
  const listening = { onMessage: (text: string) => heard.push(text), onGap: () => gaps.push(heard.length) };
  return { heard, gaps, listening };
};

describe("messages within a process", () => {
  it("reach the listeners of the channel until they stop; nothing is stored for a channel without listeners", () => {
    const pubsub = new InMemoryPubSub();
    const [one, two] = [listener(), listener()];
    const stops = [pubsub.listen("a", one.listening), pubsub.listen("a", two.listening)];
    pubsub.publish("a", "1");
    pubsub.publish("b", "2");
    stops[0]?.();
    pubsub.publish("a", "3");
    stops[1]?.();
    pubsub.publish("a", "4");
    expect([one.heard, two.heard]).toEqual([["1"], ["1", "3"]]);
    expect(pubsub.channels).toBe(0);
  });
});

describeIf("redis-server", "messages through Redis", (program) => {
  let redis: RedisServer;
  const open: { stop(): void }[] = [];
  beforeAll(async () => {
    redis = await RedisServer.start(program);
  });
  afterEach(() => {
    for (const one of open.splice(0)) one.stop();
  });
  afterAll(() => redis?.stop());

  /** A connection as each replica has it. */
  const replica = async (): Promise<RedisPubSub> => {
    const publisher = openRedis(redis.url);
    const pubsub = new RedisPubSub({ publisher, subscriber: openRedisSubscriber(redis.url), log });
    open.push(pubsub, { stop: () => publisher.disconnect() });
    await eventually(() => pubsub.subscribed && publisher.status === "ready");
    return pubsub;
  };

  it("reach every replica once, the publishing one immediately", async () => {
    const [here, there] = [await replica(), await replica()];
    const [own, other, unconcerned] = [listener(), listener(), listener()];
    here.listen("a", own.listening);
    there.listen("a", other.listening);
    there.listen("b", unconcerned.listening);
    here.publish("a", "1");
    expect(own.heard).toEqual(["1"]);
    here.publish("a", "2");
    await eventually(() => other.heard.length === 2);
    there.publish("a", "3");
    await eventually(() => own.heard.includes("3"));
    expect([own.heard, other.heard, unconcerned.heard]).toEqual([["1", "2", "3"], ["1", "2", "3"], []]);
  });

  it("are delivered within the process while Redis is unavailable; later all listeners learn of the gap, and receive again", async () => {
    const [here, there] = [await replica(), await replica()];
    const [own, other] = [listener(), listener()];
    here.listen("a", own.listening);
    there.listen("a", other.listening);
    await redis.kill();
    await eventually(() => !here.subscribed && !there.subscribed);
    here.publish("a", "1");
    expect(own.heard).toEqual(["1"]);
    await redis.start();
    await eventually(() => own.gaps.length === 1 && other.gaps.length === 1, "the gap");
    expect(other.heard).toEqual([]);
    await eventually(() => {
      here.publish("a", "2");
      return other.heard.includes("2");
    });
  });

  it("are ignored if another program published them", async () => {
    const there = await replica();
    const other = listener();
    there.listen("a", other.listening);
    const stranger = new Redis(redis.url);
    for (const message of [
      "",
      "null",
      "{",
      '["x","a"]',
      '{"0":"x","1":"a","2":"b"}',
      '["x","a",1]',
      '["x","a","last"]',
    ])
      await stranger.publish("portcullis:announcements", message);
    stranger.disconnect();
    await eventually(() => other.heard.includes("last"));
    expect(other.heard).toEqual(["last"]);
  });

  it("are missed for only seconds if the connection is dead without having been closed", async () => {
    const there = await replica();
    const other = listener();
    there.listen("a", other.listening);
    redis.pause();
    await eventually(() => !there.subscribed, "the loss");
    redis.resume();
    await eventually(() => there.subscribed && other.gaps.length > 0, "the gap");
  });
});
