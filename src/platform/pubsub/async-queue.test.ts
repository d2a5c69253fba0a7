import { describe, expect, it, vi } from "vitest";
import { AsyncQueue } from "./async-queue.ts";

const queueOf = (most = 3) => {
  const onEnd = vi.fn();
  return { feed: new AsyncQueue<number>({ most, onEnd }), onEnd };
};

describe("a feed", () => {
  it("delivers pushed items in order, before and while the reader waits", async () => {
    const { feed } = queueOf();
    feed.push(1);
    feed.push(2);
    expect(await feed.next()).toEqual({ done: false, value: 1 });
    expect(await feed.next()).toEqual({ done: false, value: 2 });
    const waiting = feed.next();
    feed.push(3);
    expect(await waiting).toEqual({ done: false, value: 3 });
  });

  it("can be read to its end after it has ended, and accepts no more items", async () => {
    const { feed, onEnd } = queueOf();
    feed.push(1);
    feed.end();
    feed.push(2);
    const read: number[] = [];
    for await (const item of feed) read.push(item);
    expect(read).toEqual([1]);
    expect(onEnd).toHaveBeenCalledTimes(1);
  });

  it("ends immediately when its reader leaves, also while the reader waits", async () => {
    const { feed, onEnd } = queueOf();
    const waiting = feed.next();
    await feed.return();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await feed.next()).toEqual({ done: true, value: undefined });
    await feed.return();
    expect(onEnd).toHaveBeenCalledTimes(1);
  });

  it("fails for a reader that is too slow, after the buffered items", async () => {
    const { feed, onEnd } = queueOf(2);
    for (const item of [1, 2, 3, 4]) feed.push(item);
    expect(onEnd).toHaveBeenCalledTimes(1);
    expect(await feed.next()).toEqual({ done: false, value: 1 });
    expect(await feed.next()).toEqual({ done: false, value: 2 });
    await expect(feed.next()).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
  });
});
