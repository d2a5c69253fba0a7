import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Watchdog } from "./watchdog.ts";

const SILENCE = 8_000;

describe("the pulse of a job queue", () => {
  let pulse: Watchdog;
  let lost: boolean;
  beforeEach(() => {
    vi.useFakeTimers();
    pulse = new Watchdog(SILENCE);
    lost = false;
    void pulse.expired.then(() => {
      lost = true;
    });
  });
  afterEach(() => {
    pulse.stop();
    vi.useRealTimers();
  });

  it("is lost when the queue no longer polls for work", async () => {
    await vi.advanceTimersByTimeAsync(SILENCE);
    expect(lost).toBe(false);
    await vi.advanceTimersByTimeAsync(SILENCE);
    expect(lost).toBe(true);
  });

  it("continues while the queue polls for work from time to time", async () => {
    for (let look = 0; look < 10; look++) {
      await vi.advanceTimersByTimeAsync(SILENCE / 2);
      pulse.heartbeat();
    }
    expect(lost).toBe(false);
  });

  it("continues while a job takes long, and counts from its end, even if it failed", async () => {
    let fail: (error: Error) => void = () => {};
    const work = pulse.during(new Promise((_, reject) => (fail = reject)));
    await vi.advanceTimersByTimeAsync(10 * SILENCE);
    expect(lost).toBe(false);
    fail(new Error("no mail server"));
    await expect(work).rejects.toThrow("no mail server");
    await vi.advanceTimersByTimeAsync(SILENCE);
    expect(lost).toBe(false);
    await vi.advanceTimersByTimeAsync(SILENCE);
    expect(lost).toBe(true);
  });

  it("is not checked after the end", async () => {
    pulse.stop();
    await vi.advanceTimersByTimeAsync(10 * SILENCE);
    expect(lost).toBe(false);
  });
});
