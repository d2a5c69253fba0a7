import { describe, expect, it } from "vitest";
import { EVENT_FIELDS } from "./event-fields.graphql.ts";

const ODD = [undefined, null, 7.5, "no such name", "", true, [], [null, 3], {}, { from: {}, device: 1 }, Number.NaN];

/** The keys of all fields in the details. */
const KEYS =
  "by invitedBy registrationId invitationId membershipId roleId sessionId passkeyId suspendedChangeId provider reason name host method factor status state kind dueAt until since " +
  "endedSessions left services generation expectedGeneration allDevices newDevice replaced stillEnabled denied stepUp required undone isHome elsewhere " +
  "roles from to permissions methods spentBy changes imported exportId exportKind";

describe("the fields of events", () => {
  it.each(Object.entries(EVENT_FIELDS))("%s never fails on unexpected stored values", (_, { nullable, read }) => {
    for (const odd of ODD) {
      const details = Object.fromEntries(KEYS.split(" ").map((key) => [key, odd]));
      for (const value of [read(details), read({})]) {
        expect(value).not.toBeUndefined();
        if (!nullable) expect(value).not.toBeNull();
      }
    }
  });

  it("read the stored values", () => {
    expect(EVENT_FIELDS.lockedUntil.read({ until: "2026-01-02T03:04:05.000Z" })).toEqual(
      new Date("2026-01-02T03:04:05.000Z"),
    );
    expect(EVENT_FIELDS.methods.read({ methods: ["PASSWORD", "TELEPATHY", "TOTP"] })).toEqual(["PASSWORD", "TOTP"]);
    expect(EVENT_FIELDS.changes.read({ changes: { maxSessions: { from: null, to: 3 } } })).toEqual([
      { setting: "maxSessions", from: null, to: "3" },
    ]);
    expect(EVENT_FIELDS.origin.read({ registrationId: "r", provider: "acme" })).toBe("APPROVED");
    expect(EVENT_FIELDS.origin.read({})).toBeNull();
  });
});
