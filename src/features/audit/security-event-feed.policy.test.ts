import { describe, expect, it } from "vitest";
import type { SecurityEventId, SessionId, TenantId, UserId } from "#shared/ids";
import { messagesFor } from "./event-channels.ts";
import { endsOwnSession, SeenEvents } from "./security-event-feed.policy.ts";
import type { SecurityEventRow } from "./security-events.repository.ts";

const SESSION = "01920000-0000-7000-8000-00000000000a" as SessionId;
const event: SecurityEventRow = {
  id: "01920000-0000-7000-8000-00000000000e" as SecurityEventId,
  occurredAt: new Date("2026-11-20T12:00:00Z"),
  tenantId: "01920000-0000-7000-8000-00000000000c" as TenantId,
  userId: "01920000-0000-7000-8000-00000000000b" as UserId,
  type: "SESSION_ENDED",
  ipAddress: "192.0.2.1",
  device: { label: "Firefox on Windows", browser: "Firefox", os: "Windows", type: "DESKTOP" },
  location: { label: "Oslo, Norway", city: "Oslo", countryCode: "NO" },
  details: { sessionId: SESSION, reason: "REVOKED", allDevices: true },
};

describe("endsOwnSession", () => {
  it("is true only if this session ended", () => {
    expect(endsOwnSession(event, { sessionId: SESSION })).toBe(true);
    expect(endsOwnSession(event, { sessionId: "another" as SessionId })).toBe(false);
    expect(endsOwnSession({ ...event, type: "TOKEN_REUSED" }, { sessionId: SESSION })).toBe(false);
    expect(endsOwnSession({ ...event, details: {} }, { sessionId: SESSION })).toBe(false);
  });
});

describe("SeenEvents", () => {
  it("remembers recently delivered events, and does not grow without limit", () => {
    const seen = new SeenEvents();
    const ids = Array.from({ length: 5_000 }, (_, n) => String(n) as SecurityEventId);
    for (const id of ids) expect(seen.add(id)).toBe(true);
    for (const id of ids.slice(-2_000)) expect(seen.add(id)).toBe(false);
    expect(seen.add("0" as SecurityEventId)).toBe(true);
  });
});

describe("messagesFor", () => {
  it("puts each user's events into one message that contains only ids", () => {
    const other = { ...event, id: "e2" as SecurityEventId, userId: "u2" as UserId };
    const second = { ...event, id: "e3" as SecurityEventId };
    expect(messagesFor([event, other, second])).toEqual([
      { channel: `user:${event.userId}`, text: `${event.id},e3` },
      { channel: "user:u2", text: "e2" },
    ]);
  });

  it("publishes events that affect the sessions of a tenant's users once, on the tenant's channel", () => {
    const ofTenant = { ...event, userId: null };
    expect(messagesFor([{ ...ofTenant, type: "POLICY_CHANGED" }])).toEqual([]);
    for (const type of ["TENANT_SUSPENDED", "ROLE_UPDATED", "ROLE_DELETED"] as const)
      expect(messagesFor([{ ...ofTenant, type }])).toEqual([{ channel: `tenant:${event.tenantId}`, text: event.id }]);
    expect(messagesFor([{ ...event, type: "ROLE_UPDATED" }])).toEqual([
      { channel: `user:${event.userId}`, text: event.id },
    ]);
  });
});
