import { describe, expect, it } from "vitest";
import { KeyedSemaphore } from "./keyed-semaphore.ts";

describe("a keyed semaphore", () => {
  it("runs at most its limit for one key, and all in order", async () => {
    const semaphore = new KeyedSemaphore(2);
    let running = 0;
    let most = 0;
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        semaphore.run("key", async () => {
          most = Math.max(most, ++running);
          await new Promise(setImmediate);
          order.push(index);
          running--;
        }),
      ),
    );
    expect(most).toBe(2);
    expect(order).toEqual(Array.from({ length: 20 }, (_, index) => index));
  });

  it("continues after a failure, and does not block other keys", async () => {
    const semaphore = new KeyedSemaphore(1);
    const failing = semaphore.run("key", () => Promise.reject(new Error("no")));
    await expect(failing).rejects.toThrow("no");
    const never = semaphore.run("key", () => new Promise(() => {}));
    await expect(semaphore.run("other", async () => "done")).resolves.toBe("done");
    void never;
  });
});
