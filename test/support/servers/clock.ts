import type { LocalClock } from "#platform/clock";
import { after } from "#shared/durations";

/** A running clock that a test may also set forward or back, for all replicas and for the database. */
export class TestClock implements LocalClock {
  #shift = 0;

  now(): Date {
    return new Date(Date.now() + this.#shift);
  }

  get shift(): number {
    return this.#shift;
  }

  /** Advances by this number of milliseconds (back, if negative). */
  advance(milliseconds: number): void {
    this.#shift += milliseconds;
  }

  /** The clock of a host that is this many milliseconds ahead of the others and of the database (behind, if negative). */
  skewedBy(milliseconds: number): LocalClock {
    const clock = this;
    return {
      now: () => after(clock.now(), milliseconds),
      get shift() {
        return clock.#shift;
      },
    };
  }
}
