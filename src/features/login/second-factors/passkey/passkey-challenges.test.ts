import { describe, expect, it } from "vitest";
import { createIds } from "#platform/ids";
import { KeyRing } from "#platform/secrets";
import { MINUTE, SECOND } from "#shared/durations";
import type { ChallengeId, SessionId } from "#shared/ids";
import { type Ceremony, PasskeyChallenges } from "./passkey-challenges.ts";

const NOON = Date.UTC(2026, 0, 1, 12);
const key = (byte: number) => ({ id: `k${byte}`, secret: Buffer.alloc(32, byte) });

const setUp = (keys = new KeyRing([key(1)])) => {
  let now = NOON;
  const clock = { now: () => new Date(now) };
  return {
    challenges: new PasskeyChallenges({ clock, ids: createIds(clock), keyRing: keys }),
    advance: (milliseconds: number) => {
      now += milliseconds;
    },
  };
};

const ONE = "01890a5d-ac96-774b-bcce-b302099a8057";
const OTHER = "01890a5d-ac96-774b-bcce-b302099a8058";

const REGISTRATION: Ceremony = { kind: "REGISTRATION", sessionId: ONE as SessionId, epoch: 0 };
const SECOND_FACTOR: Ceremony = { kind: "SECOND_FACTOR", challengeId: ONE as ChallengeId };
const ASSERTION: Ceremony = { kind: "ASSERTION" };
const CEREMONIES = [
  REGISTRATION,
  { kind: "REGISTRATION", sessionId: OTHER as SessionId, epoch: 0 },
  { kind: "REGISTRATION", sessionId: ONE as SessionId, epoch: 1 },
  SECOND_FACTOR,
  { kind: "SECOND_FACTOR", challengeId: OTHER as ChallengeId },
  ASSERTION,
] as const satisfies readonly Ceremony[];

const ID = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/);

describe("a passkey challenge", () => {
  it.each(CEREMONIES)("for %j is invalid for every other ceremony", (ceremony) => {
    const { challenges } = setUp();
    const challenge = challenges.issue(ceremony);
    for (const other of CEREMONIES) expect(challenges.read(challenge, other)).toEqual(other === ceremony ? ID : null);
  });

  it("is never issued twice", () => {
    const { challenges } = setUp();
    expect(challenges.issue(ASSERTION)).not.toBe(challenges.issue(ASSERTION));
  });

  it("is valid for five minutes", () => {
    const { challenges, advance } = setUp();
    const challenge = challenges.issue(REGISTRATION);
    advance(5 * MINUTE - 1);
    expect(challenges.read(challenge, REGISTRATION)).toEqual(ID);
    advance(1);
    expect(challenges.read(challenge, REGISTRATION)).toBeNull();
  });

  it("is accepted from a clock slightly ahead, but not from the future", () => {
    const { challenges, advance } = setUp();
    const challenge = challenges.issue(ASSERTION);
    advance(-29 * SECOND);
    expect(challenges.read(challenge, ASSERTION)).toEqual(ID);
    advance(-2 * SECOND);
    expect(challenges.read(challenge, ASSERTION)).toBeNull();
  });

  it("is rejected if any bit is changed", () => {
    const { challenges } = setUp();
    const bytes = Buffer.from(challenges.issue(ASSERTION), "base64url");
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const turned = Buffer.from(bytes);
      turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(challenges.read(turned.toString("base64url"), ASSERTION)).toBeNull();
    }
  });

  it("has one spelling", () => {
    const { challenges } = setUp();
    const challenge = challenges.issue(ASSERTION);
    for (const other of ["", ` ${challenge}`, `${challenge}\n`, `${challenge}A`, challenge.slice(1), `${challenge}=`])
      expect(challenges.read(other, ASSERTION)).toBeNull();
  });

  it("is invalid in another installation, and survives a key rotation", () => {
    const challenge = setUp().challenges.issue(ASSERTION);
    expect(setUp(new KeyRing([key(2)])).challenges.read(challenge, ASSERTION)).toBeNull();
    expect(setUp(new KeyRing([key(2), key(1)])).challenges.read(challenge, ASSERTION)).toEqual(ID);
  });
});
