import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HOUR, SECOND } from "#shared/durations";
import { acceptedStep, codeAt, isConfirmable, otpauthUrl, SECRET_BYTES, stepOf, toBase32 } from "./totp-codes.ts";

/** The seed of RFC 6238, appendix B, for SHA-1. */
const SEED = Buffer.from("12345678901234567890");
const STEP = 30 * SECOND;

const now = new Date("2026-01-31T12:00:10Z");
const secrets = fc.uint8Array({ minLength: SECRET_BYTES, maxLength: SECRET_BYTES }).map((bytes) => Buffer.from(bytes));
/** The table stores steps in 32 bits, which last until the year 4011, so later dates need no test. */
const instants = fc.date({ min: new Date("2020-01-01"), max: new Date("4010-01-01"), noInvalidDate: true });
const at = (instant: Date, steps: number): Date => new Date(instant.getTime() + steps * STEP);

describe("the codes of a secret", () => {
  // The RFC prints eight digits. A code is a remainder modulo a power of ten, so six digits are the last six of the eight.
  it.each([
    [59, 0x1, "94287082"],
    [1111111109, 0x23523ec, "07081804"],
    [1111111111, 0x23523ed, "14050471"],
    [1234567890, 0x273ef07, "89005924"],
    [2000000000, 0x3f940aa, "69279037"],
    [20000000000, 0x27bc86aa, "65353130"],
  ])("match RFC 6238, appendix B, at %i s, step %i: …%s", (seconds, step, code) => {
    const instant = new Date(seconds * SECOND);
    expect(stepOf(instant)).toBe(step);
    expect(codeAt(SEED, step)).toBe(code.slice(-6));
    expect(acceptedStep(SEED, code.slice(-6), instant)).toBe(step);
    expect(acceptedStep(SEED, code, instant)).toBeNull();
  });

  it("are valid one step early and one step late, but not longer", () => {
    const step = stepOf(now);
    const accepted = [-3, -2, -1, 0, 1, 2, 3].map((away) => acceptedStep(SEED, codeAt(SEED, step + away), now));
    expect(accepted).toEqual([null, null, step - 1, step, step + 1, null, null]);
  });

  it("have validity limits exact to the millisecond", () => {
    const step = stepOf(now);
    const code = codeAt(SEED, step);
    const begin = new Date(step * STEP);
    const accepts = (instant: number) => acceptedStep(SEED, code, new Date(instant));
    expect(accepts(begin.getTime() - STEP - 1)).toBeNull();
    expect(accepts(begin.getTime() - STEP)).toBe(step);
    expect(accepts(begin.getTime() + 2 * STEP - 1)).toBe(step);
    expect(accepts(begin.getTime() + 2 * STEP)).toBeNull();
  });

  it("are accepted for a step within the window that has this code, for any secret and instant", () => {
    fc.assert(
      fc.property(secrets, instants, fc.integer({ min: -4, max: 4 }), (secret, instant, away) => {
        const code = codeAt(secret, stepOf(at(instant, away)));
        const accepted = acceptedStep(secret, code, instant);
        if (Math.abs(away) <= 1) expect(accepted).toBeGreaterThanOrEqual(stepOf(instant) + away);
        // Steps outside the window are accepted only if they share the code with a step within it.
        if (accepted !== null) {
          expect(Math.abs(accepted - stepOf(instant))).toBeLessThanOrEqual(1);
          expect(codeAt(secret, accepted)).toBe(code);
        }
      }),
    );
  });

  it("are attributed to the newest step that has them, so that they are not valid again", () => {
    // One in a million, found by search: this secret has 768734 at 18:24:30 and again a minute later.
    const instant = new Date("2028-04-21T18:25:00Z");
    const step = stepOf(instant);
    expect([codeAt(SEED, step - 1), codeAt(SEED, step + 1)]).toEqual(["768734", "768734"]);
    expect(acceptedStep(SEED, "768734", instant)).toBe(step + 1);
  });

  it("may be entered in groups", () => {
    const step = stepOf(now);
    const code = codeAt(SEED, step);
    expect(acceptedStep(SEED, ` ${code.slice(0, 3)} ${code.slice(3)}\n`, now)).toBe(step);
  });

  it("are six decimal digits: anything else is wrong, without an error", () => {
    const code = codeAt(SEED, stepOf(now));
    const others = ["", " ", code.slice(1), `${code}0`, `0${code}`, `+${code}`, `${code.slice(0, 5)}x`, "１２３４５６"];
    for (const other of others) expect(acceptedStep(SEED, other, now), other).toBeNull();
    const characters = fc.string({ unit: "binary-ascii", minLength: 1 }).filter((text) => !/^[\s-]*$/.test(text));
    fc.assert(
      fc.property(characters, fc.nat({ max: 6 }), (text, place) => {
        expect(acceptedStep(SEED, code.slice(0, place) + text + code.slice(place), now)).toBeNull();
      }),
    );
  });

  it("may be entered with the digits of any script", () => {
    const code = codeAt(SEED, stepOf(now));
    for (const zero of [0x660, 0x6f0, 0x966, 0xff10]) {
      const typed = code.replace(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)));
      expect(acceptedStep(SEED, typed, now)).toBe(stepOf(now));
    }
  });
});

describe("a secret", () => {
  it("is shown as base32 of RFC 4648: 32 characters for 160 bits", () => {
    expect(toBase32(SEED)).toBe("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    fc.assert(
      fc.property(secrets, (secret) => {
        expect(toBase32(secret)).toMatch(/^[A-Z2-7]{32}$/);
      }),
    );
  });

  it("is the same if its bytes are part of a larger buffer", () => {
    const memory = Buffer.concat([Buffer.alloc(7, 1), SEED, Buffer.alloc(9, 2)]);
    const part = memory.subarray(7, 27);
    expect(toBase32(part)).toBe(toBase32(SEED));
    expect(codeAt(part, 1)).toBe("287082");
  });

  it("can be confirmed for an hour after it was shown", () => {
    expect(isConfirmable(now, new Date(now.getTime() + HOUR - 1))).toBe(true);
    expect(isConfirmable(now, new Date(now.getTime() + HOUR))).toBe(false);
  });

  it("is in the otpauth URL with all parameters for the app, for any name and address", () => {
    fc.assert(
      fc.property(
        secrets,
        fc.string({ minLength: 1, unit: "grapheme" }),
        fc.emailAddress(),
        (secret, issuer, email) => {
          const url = new URL(otpauthUrl(secret, issuer, email));
          expect([url.protocol, url.host]).toEqual(["otpauth:", "totp"]);
          const [before, after] = url.pathname.slice(1).split(":").map(decodeURIComponent);
          expect([before, after]).toEqual([issuer, email]);
          expect(Object.fromEntries(url.searchParams)).toEqual({
            issuer,
            secret: toBase32(secret),
            algorithm: "SHA1",
            digits: "6",
            period: "30",
          });
        },
      ),
    );
  });
});
