import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defaultConcurrency, type FinishedRun, HashingQueue } from "./hashing-queue.ts";

/** Work that the test finishes. */
const pending = () => {
  let finish = () => {};
  let fail = () => {};
  const promise = new Promise<string>((resolve, reject) => {
    finish = () => resolve("done");
    fail = () => reject(new Error("broken"));
  });
  return { work: () => promise, finish, fail };
};

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("HashingQueue", () => {
  it("runs and queues as many as allowed, and refuses the next immediately", async () => {
    const queue = new HashingQueue({ concurrency: 2, maxQueued: 3 });
    const jobs = Array.from({ length: 5 }, pending);
    const runs = jobs.map((job) => queue.run(job.work));
    expect({ running: queue.running, waiting: queue.waiting }).toEqual({ running: 2, waiting: 3 });

    await expect(queue.run(async () => "never")).rejects.toMatchObject({
      code: "SERVICE_UNAVAILABLE",
      detail: { retryAfter: 1 },
    });
    expect(queue.refused).toBe(1);

    for (const job of jobs) job.finish();
    await expect(Promise.all(runs)).resolves.toHaveLength(5);
    expect({ running: queue.running, waiting: queue.waiting, finished: queue.finished }).toEqual({
      running: 0,
      waiting: 0,
      finished: 5,
    });
  });

  it("runs callers in order of arrival", async () => {
    const queue = new HashingQueue({ concurrency: 1, maxQueued: 10 });
    const order: number[] = [];
    const first = pending();
    const runs = [queue.run(first.work)];
    for (const n of [1, 2, 3]) runs.push(queue.run(async () => `${order.push(n)}`));
    first.finish();
    // Arrives at the very moment at which the slot is handed over.
    runs.push(first.work().then(() => queue.run(async () => `${order.push(4)}`)));
    await Promise.all(runs);
    expect(order).toEqual([1, 2, 3, 4]);
  });

  it("continues after a task that fails", async () => {
    const queue = new HashingQueue({ concurrency: 1, maxQueued: 1 });
    const job = pending();
    const failing = queue.run(job.work);
    const following = queue.run(async () => "fine");
    job.fail();
    await expect(failing).rejects.toThrow("broken");
    await expect(following).resolves.toBe("fine");
    expect(queue.running).toBe(0);
  });

  it("refuses with a retryAfter that covers the queued work at the measured speed", async () => {
    let now = 0;
    const queue = new HashingQueue({ concurrency: 2, maxQueued: 8, elapsed: () => now });
    await queue.run(async () => {
      now += 900;
    });
    const jobs = Array.from({ length: 10 }, pending);
    const runs = jobs.map((job) => queue.run(job.work));
    // Ten ahead, two at a time, 0.9 s each: 4.5 s.
    await expect(queue.run(async () => "never")).rejects.toMatchObject({ detail: { retryAfter: 5 } });
    for (const job of jobs) job.finish();
    await Promise.all(runs);
  });

  it("reports how long each waited and ran", async () => {
    let now = 0;
    const reports: FinishedRun[] = [];
    const queue = new HashingQueue({
      concurrency: 1,
      maxQueued: 1,
      elapsed: () => now,
      onFinished: (run) => reports.push(run),
    });
    const job = pending();
    const first = queue.run(job.work);
    const second = queue.run(async () => {
      now += 5;
      throw new Error("broken");
    });
    now = 40;
    job.finish();
    await Promise.allSettled([first, second]);
    expect(reports).toEqual([
      { waitedMs: 0, ranMs: 40, failed: false },
      { waitedMs: 40, ranMs: 5, failed: true },
    ]);
  });

  it("keeps its bounds and loses no caller, whatever the order of arrivals and ends", async () => {
    const step = fc.constantFrom("arrive", "finish", "fail");
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 0, max: 4 }),
        fc.array(step, { maxLength: 40 }),
        async (concurrency, maxQueued, steps) => {
          const queue = new HashingQueue({ concurrency, maxQueued });
          const started: ReturnType<typeof pending>[] = [];
          const runs: Promise<unknown>[] = [];
          for (const what of steps) {
            if (what === "arrive") {
              const job = pending();
              const work = () => {
                started.push(job);
                return job.work();
              };
              runs.push(queue.run(work).catch(() => "refused or failed"));
            }
            if (what === "finish") started.shift()?.finish();
            if (what === "fail") started.shift()?.fail();
            await settled();
            expect(queue.running).toBeLessThanOrEqual(concurrency);
            expect(queue.waiting).toBeLessThanOrEqual(maxQueued);
            expect(queue.waiting === 0 || queue.running === concurrency).toBe(true);
            expect(started).toHaveLength(queue.running);
          }
          while (queue.running > 0) {
            started.shift()?.finish();
            await settled();
          }
          await Promise.all(runs);
          expect(queue.waiting).toBe(0);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe("defaultConcurrency", () => {
  it("leaves two threads of the pool for other work, and never exceeds the number of cores", () => {
    expect(defaultConcurrency(4, 8)).toBe(2);
    expect(defaultConcurrency(16, 8)).toBe(8);
    expect(defaultConcurrency(1, 8)).toBe(1);
    expect(defaultConcurrency(4, 1)).toBe(1);
  });
});
