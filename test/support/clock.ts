import type { Clock } from "../../src/platform/clock.ts";

/** A clock that runs, and that a test may also set forward or back. */
export class TestClock implements Clock {
  #offset = 0;

  now(): Date {
    return new Date(Date.now() + this.#offset);
  }

  /** Moves on by so many milliseconds (back, when negative). */
  advance(milliseconds: number): void {
    this.#offset += milliseconds;
  }
}
