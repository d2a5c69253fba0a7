import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { offsetAfter } from "./database-clock.ts";

describe("the offset of a local clock to the database's", () => {
  it("is the middle of the range of the first reading", () => {
    expect(offsetAfter(0, { askedAt: 1_000, answeredAt: 1_010, databaseTime: 301_005 })).toBe(300_000);
  });

  it("is kept within a tenth of a second of a reading's range: clocks that agree are never moved", () => {
    expect(offsetAfter(0, { askedAt: 1_000, answeredAt: 1_010, databaseTime: 1_110 })).toBe(0);
    expect(offsetAfter(0, { askedAt: 1_000, answeredAt: 1_010, databaseTime: 900 })).toBe(0);
    expect(offsetAfter(0, { askedAt: 1_000, answeredAt: 1_010, databaseTime: 1_115 })).toBe(110);
  });

  it("is kept while it is within a reading's range, however slow the response", () => {
    expect(offsetAfter(7, { askedAt: 1_000, answeredAt: 9_000, databaseTime: 1_010 })).toBe(7);
  });

  it("is replaced once a reading contradicts it", () => {
    expect(offsetAfter(0, { askedAt: 1_000, answeredAt: 1_010, databaseTime: 301_005 })).toBe(300_000);
  });

  it("is kept if the local clock was set back during the reading", () => {
    expect(offsetAfter(7, { askedAt: 1_000, answeredAt: 500, databaseTime: 99_000 })).toBe(7);
  });

  it("is never further from the truth than the response took plus a tenth of a second", () => {
    const ms = fc.integer({ min: 0, max: 10_000_000 });
    fc.assert(
      fc.property(ms, ms, fc.integer({ min: -600_000, max: 600_000 }), ms, (askedAt, out, truth, back) => {
        const reading = { askedAt, answeredAt: askedAt + out + back, databaseTime: askedAt + out + truth };
        expect(Math.abs(offsetAfter(0, reading) - truth)).toBeLessThanOrEqual(out + back + 100);
      }),
    );
  });
});
