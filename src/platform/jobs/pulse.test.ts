import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Pulse } from "./pulse.ts";

const SILENCE = 8_000;

describe("the pulse of a job queue", () => {
  let pulse: Pulse;
  let lost: boolean;
  beforeEach(() => {
    vi.useFakeTimers();
    pulse = new Pulse(SILENCE);
    lost = false;
    void pulse.lost.then(() => {
      lost = true;
    });
  });
  afterEach(() => {
    pulse.stop();
    vi.useRealTimers();
  });

  it("is lost when nothing looks for work any more", async () => {
    await vi.advanceTimersByTimeAsync(SILENCE);
    expect(lost).toBe(false);
    await vi.advanceTimersByTimeAsync(SILENCE);
    expect(lost).toBe(true);
  });

  it("is there while somebody looks for work now and then", async () => {
    for (let look = 0; look < 10; look++) {
      await vi.advanceTimersByTimeAsync(SILENCE / 2);
      pulse.beat();
    }
    expect(lost).toBe(false);
  });

  it("is there while a job takes long, and counts from its end, also from a bad one", async () => {
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

  it("is not looked for after the end", async () => {
    pulse.stop();
    await vi.advanceTimersByTimeAsync(10 * SILENCE);
    expect(lost).toBe(false);
  });
});
