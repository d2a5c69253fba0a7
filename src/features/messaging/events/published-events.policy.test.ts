import { readdir, readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { SecurityEventType } from "#features/audit/index";
import { SecurityEventTypeEnum } from "#features/audit/security-events.graphql";
import type { SecurityEventId, TenantId, UserId } from "#shared/ids";
import { toCloudEvent } from "./cloud-event.ts";
import type { OutboxRow } from "./event-outbox.repository.ts";
import { EVENT_DATA, EVENT_TYPES, jsonSchemaOf, schemaFileOf } from "./event-schemas.ts";
import { isPublished, partitionKeyOf, toIntegrationEvents } from "./published-events.policy.ts";

const EVENT = "01920000-0000-7000-8000-000000000001" as SecurityEventId;
const TENANT = "01920000-0000-7000-8000-000000000002" as TenantId;
const ALICE = "01920000-0000-7000-8000-000000000003" as UserId;
const ADMIN = "01920000-0000-7000-8000-000000000004";
const SESSION = "01920000-0000-7000-8000-000000000005";
const REGISTRATION = "01920000-0000-7000-8000-000000000006";

const CLIENT = {
  ipAddress: "203.0.113.7",
  device: { label: "Firefox on Windows", browser: "Firefox", os: "Windows", type: "DESKTOP" },
  location: { label: "Kuala Lumpur, Malaysia", city: "Kuala Lumpur", countryCode: "MY" },
} as const;

const PUBLISHED_CLIENT = {
  ip_address: "203.0.113.7",
  device: CLIENT.device,
  location: { label: "Kuala Lumpur, Malaysia", city: "Kuala Lumpur", country_code: "MY" },
};

const recorded = (
  type: SecurityEventType,
  details: Record<string, unknown> = {},
  { ordinal = 0, ...rest }: Partial<Pick<OutboxRow, "userId">> & { ordinal?: number } = {},
) => ({
  eventId: EVENT,
  tenantId: TENANT,
  userId: ALICE,
  occurredAt: new Date("2026-11-20T12:00:00.123Z"),
  entry: { type, ...CLIENT, details, ordinal },
  ...rest,
});

/** The published events for a recorded event: type, and data without the client. */
const publishedFor = (...event: Parameters<typeof recorded>) =>
  toIntegrationEvents(recorded(...event)).map(({ type, data }) => {
    const { client, ...more } = { client: undefined, ...data };
    return [type, more];
  });

/** Each type of the security history, with details as the features write them, and the events published for it. */
const CASES: Record<SecurityEventType, readonly [details: Record<string, unknown>, told: readonly unknown[]][]> = {
  REGISTRATION_REQUESTED: [
    [{ registrationId: REGISTRATION }, [["auth.registration.requested", { registration_id: REGISTRATION }]]],
  ],
  USER_INVITED: [[{ by: ADMIN, invitationId: REGISTRATION, roles: ["USER"] }, []]],
  INVITATION_DECLINED: [[{ invitationId: REGISTRATION, roles: ["USER"] }, []]],
  INVITATION_REVOKED: [[{ by: ADMIN, invitationId: REGISTRATION, roles: ["USER"] }, []]],
  REGISTRATION_REJECTED: [[{ by: ADMIN, registrationId: REGISTRATION }, []]],
  USER_REGISTERED: [
    [{}, [["auth.user.registered", { origin: "SELF", registration_id: null, by: null }]]],
    [
      { by: ADMIN, registrationId: REGISTRATION },
      [["auth.user.registered", { origin: "APPROVED", registration_id: REGISTRATION, by: ADMIN }]],
    ],
    [{ invitedBy: ADMIN }, [["auth.user.registered", { origin: "INVITED", registration_id: null, by: ADMIN }]]],
    [{ imported: true }, [["auth.user.registered", { origin: "IMPORTED", registration_id: null, by: null }]]],
    [{ provider: "google" }, [["auth.user.registered", { origin: "SOCIAL", registration_id: null, by: null }]]],
    [
      { method: "COMMAND_LINE" },
      [["auth.user.registered", { origin: "COMMAND_LINE", registration_id: null, by: null }]],
    ],
  ],
  EMAIL_VERIFIED: [[{}, [["auth.user.changed", { change: "EMAIL_VERIFIED", roles: null, by: null }]]]],
  LOGIN_SUCCEEDED: [
    [
      { sessionId: SESSION, methods: ["PASSWORD", "TOTP"], newDevice: true },
      [["auth.user.login", { session_id: SESSION, methods: ["PASSWORD", "TOTP"], new_device: true }]],
    ],
  ],
  LOGIN_FAILED: [[{}, []]],
  LOGIN_LOCKED: [[{ until: "2026-11-20T12:15:00.000Z" }, []]],
  LOGIN_CONFIRMED: [[{}, []]],
  LOGIN_DENIED: [[{ endedSessions: 2 }, [["auth.login.denied", { ended_sessions: 2 }]]]],
  NEW_DEVICE: [[{ sessionId: SESSION }, []]],
  MFA_ENABLED: [[{ factor: "TOTP" }, [["auth.mfa.changed", { change: "MFA_ENABLED", factor: "TOTP" }]]]],
  MFA_DISABLED: [
    [{ factor: "PASSKEY", stillEnabled: false }, [["auth.mfa.changed", { change: "MFA_DISABLED", factor: "PASSKEY" }]]],
  ],
  MFA_VERIFY_SUCCESS: [[{ method: "TOTP" }, []]],
  MFA_VERIFY_FAILED: [[{ method: "TOTP" }, []]],
  MFA_LOCKED: [[{ until: "2026-11-20T12:15:00.000Z" }, []]],
  BACKUP_CODE_USED: [[{ left: 9 }, []]],
  BACKUP_CODES_RENEWED: [[{}, [["auth.mfa.changed", { change: "BACKUP_CODES_RENEWED", factor: null }]]]],
  PASSKEY_ADDED: [[{ passkeyId: ADMIN }, [["auth.mfa.changed", { change: "PASSKEY_ADDED", factor: "PASSKEY" }]]]],
  PASSKEY_REMOVED: [[{ passkeyId: ADMIN }, [["auth.mfa.changed", { change: "PASSKEY_REMOVED", factor: "PASSKEY" }]]]],
  CHANGE_SUSPENDED: [[{ kind: "TOTP", since: "2026-11-23T12:00:00.000Z" }, []]],
  SUSPENDED_CHANGE_CONFIRMED: [[{ kind: "TOTP" }, []]],
  SUSPENDED_CHANGE_REMOVED: [[{ kind: "TOTP" }, []]],
  FACTOR_RESET: [[{ state: "WAITING", dueAt: "2026-11-23T12:00:00.000Z" }, []]],
  STEP_UP_FAILED: [[{ sessionId: SESSION, method: "PASSWORD" }, []]],
  REFRESH_FROM_ELSEWHERE: [[{ sessionId: SESSION, spentBy: {} }, []]],
  REFRESH_ANSWER_LOST: [[{ sessionId: SESSION, elsewhere: false, spentBy: {} }, []]],
  REFRESH_AHEAD_OF_DATABASE: [[{ sessionId: SESSION, generation: 3, expectedGeneration: 2 }, []]],
  SESSION_ENDED: [
    [{ sessionId: SESSION, reason: "REVOKED" }, [["auth.session.ended", { session_id: SESSION, reason: "REVOKED" }]]],
    [
      { sessionId: SESSION, reason: "LOGGED_OUT" },
      [
        ["auth.session.ended", { session_id: SESSION, reason: "LOGGED_OUT" }],
        ["auth.user.logout", { all_devices: false, session_id: SESSION }],
      ],
    ],
    [
      { sessionId: SESSION, reason: "LOGGED_OUT", allDevices: true },
      [
        ["auth.session.ended", { session_id: SESSION, reason: "LOGGED_OUT" }],
        ["auth.user.logout", { all_devices: true, session_id: null }],
      ],
    ],
  ],
  TOKEN_REUSED: [[{ sessionId: SESSION }, []]],
  PASSWORD_CHANGED: [
    [{ endedSessions: 1 }, [["auth.password.reset", { change: "PASSWORD_CHANGED", ended_sessions: 1 }]]],
  ],
  PASSWORD_RESET_REQUESTED: [[{ required: true }, []]],
  PASSWORD_RESET: [[{ endedSessions: 3 }, [["auth.password.reset", { change: "PASSWORD_RESET", ended_sessions: 3 }]]]],
  MEMBERSHIP_ADDED: [
    [
      { by: ADMIN, membershipId: REGISTRATION, roles: ["MEMBER"] },
      [["auth.member.added", { membership_id: REGISTRATION, status: null, roles: ["MEMBER"], by: ADMIN }]],
    ],
  ],
  MEMBERSHIP_CHANGED: [
    [
      { by: ADMIN, membershipId: REGISTRATION, from: ["MEMBER"], to: ["MEMBER", "ADMIN"] },
      [["auth.member.changed", { membership_id: REGISTRATION, status: null, roles: ["MEMBER", "ADMIN"], by: ADMIN }]],
    ],
    [
      { by: ADMIN, membershipId: REGISTRATION, status: "SUSPENDED" },
      [["auth.member.changed", { membership_id: REGISTRATION, status: "SUSPENDED", roles: null, by: ADMIN }]],
    ],
  ],
  MEMBERSHIP_REMOVED: [
    [
      { by: ADMIN, membershipId: REGISTRATION },
      [["auth.member.removed", { membership_id: REGISTRATION, status: null, roles: null, by: ADMIN }]],
    ],
  ],
  ROLE_CREATED: [[{}, []]],
  ROLE_UPDATED: [[{}, []]],
  ROLE_DELETED: [[{}, []]],
  USERNAME_CHANGED: [[{}, [["auth.user.changed", { change: "USERNAME_CHANGED", roles: null, by: null }]]]],
  EMAIL_CHANGED: [
    [{ undone: true, endedSessions: 1 }, [["auth.user.changed", { change: "EMAIL_CHANGED", roles: null, by: null }]]],
  ],
  SOCIAL_LINKED: [
    [{ provider: "google" }, [["auth.user.changed", { change: "SOCIAL_LINKED", roles: null, by: null }]]],
  ],
  SOCIAL_UNLINKED: [
    [{ provider: "google" }, [["auth.user.changed", { change: "SOCIAL_UNLINKED", roles: null, by: null }]]],
  ],
  ROLES_CHANGED: [
    [
      { by: ADMIN, from: ["USER"], to: ["USER", "ADMIN"] },
      [["auth.user.changed", { change: "ROLES_CHANGED", roles: ["USER", "ADMIN"], by: ADMIN }]],
    ],
  ],
  USER_UPDATED: [
    [
      { by: ADMIN, fields: ["NAME", "LOCALE"] },
      [["auth.user.changed", { change: "USER_UPDATED", roles: null, by: ADMIN }]],
    ],
    [
      { by: ADMIN, fields: ["NAME", "USERNAME"] },
      [["auth.user.changed", { change: "USERNAME_CHANGED", roles: null, by: ADMIN }]],
    ],
  ],
  USER_SUSPENDED: [
    [
      { by: ADMIN, reason: "personal and confidential" },
      [["auth.user.changed", { change: "USER_SUSPENDED", roles: null, by: ADMIN }]],
    ],
  ],
  USER_REACTIVATED: [[{ by: ADMIN }, [["auth.user.changed", { change: "USER_REACTIVATED", roles: null, by: ADMIN }]]]],
  ACCOUNT_DELETED: [[{}, [["auth.user.deleted", {}]]]],
  POLICY_CHANGED: [[{ changes: {} }, []]],
  BRAND_CHANGED: [[{ changes: {} }, []]],
  SAP_CONNECTION_CHANGED: [[{ host: "sap.example.com", services: 3 }, []]],
  TENANT_ONBOARDED: [[{}, [["auth.tenant.changed", { change: "TENANT_ONBOARDED", by: null }]]]],
  TENANT_SUSPENDED: [[{ by: ADMIN }, [["auth.tenant.changed", { change: "TENANT_SUSPENDED", by: ADMIN }]]]],
  TENANT_REACTIVATED: [[{ by: ADMIN }, [["auth.tenant.changed", { change: "TENANT_REACTIVATED", by: ADMIN }]]]],
  EXPORT_CREATED: [[{ exportId: "e", exportKind: "USERS" }, []]],
  EXPORT_DOWNLOADED: [[{ exportId: "e", exportKind: "USERS" }, []]],
};

const cases = Object.entries(CASES).flatMap(([type, ofType]) =>
  ofType.map(([details, expected]) => ({ type: type as SecurityEventType, details, expected })),
);

describe("published events", () => {
  it("are defined for every type of the security history", () => {
    const types = Object.keys(SecurityEventTypeEnum);
    expect(Object.keys(CASES).toSorted()).toEqual(types.toSorted());
  });

  it.each(cases)("for $type with $details are as expected", ({ type, details, expected }) => {
    expect(publishedFor(type, details)).toEqual(expected);
    expect(isPublished(type)).toBe(expected.length > 0);
  });

  it.each(cases)("for $type with $details follow the schema of their type, with and without a client", (given) => {
    const row = recorded(given.type, given.details);
    const withoutOrigin = { ...row, entry: { ...row.entry, ipAddress: null, device: null, location: null } };
    for (const { type, data } of [row, withoutOrigin].flatMap(toIntegrationEvents)) EVENT_DATA[type].parse(data);
  });

  it("include every type of event at least once", () => {
    const all = cases.flatMap(({ type, details }) => toIntegrationEvents(recorded(type, details)));
    expect(new Set(all.map(({ type }) => type))).toEqual(new Set(EVENT_TYPES));
  });

  it("include one logout for all devices, however many sessions it ends", () => {
    const details = { sessionId: SESSION, reason: "LOGGED_OUT", allDevices: true };
    expect(publishedFor("SESSION_ENDED", details, { ordinal: 1 })).toEqual([
      ["auth.session.ended", { session_id: SESSION, reason: "LOGGED_OUT" }],
    ]);
  });

  it("have stable, unique ids", () => {
    const ids = toIntegrationEvents(recorded("SESSION_ENDED", { sessionId: SESSION, reason: "LOGGED_OUT" })).map(
      ({ id }) => id,
    );
    expect(ids).toEqual([EVENT, `${EVENT}/auth.user.logout`]);
  });

  it("have the user, the registration or the tenant as subject, and are ordered by user or tenant", () => {
    const of = (type: SecurityEventType, details = {}) =>
      toIntegrationEvents(recorded(type, details, { userId: null })).map(({ subject }) => subject);
    expect(toIntegrationEvents(recorded("ACCOUNT_DELETED")).map(({ subject }) => subject)).toEqual([ALICE]);
    expect(of("REGISTRATION_REQUESTED", { registrationId: REGISTRATION })).toEqual([REGISTRATION]);
    expect(of("TENANT_SUSPENDED")).toEqual([TENANT]);
    expect([
      partitionKeyOf({ userId: ALICE, tenantId: TENANT }),
      partitionKeyOf({ userId: null, tenantId: TENANT }),
    ]).toEqual([ALICE, TENANT]);
  });

  it("describe the client that caused them, in the format of events", () => {
    const [event] = toIntegrationEvents(recorded("LOGIN_DENIED", { endedSessions: 0 }));
    expect(event?.data).toEqual({ ended_sessions: 0, client: PUBLISHED_CLIENT });
  });

  it("are published as CloudEvents 1.0", () => {
    const [event] = toIntegrationEvents(recorded("ACCOUNT_DELETED"));
    expect(event && toCloudEvent("https://id.example.com", event)).toEqual({
      specversion: "1.0",
      id: EVENT,
      source: "https://id.example.com",
      type: "auth.user.deleted",
      subject: ALICE,
      time: "2026-11-20T12:00:00.123Z",
      datacontenttype: "application/json",
      dataschema: "https://id.example.com/events/auth.user.deleted.v1.json",
      tenantid: TENANT,
      data: {},
    });
  });
});

describe("the schemas of events", () => {
  const directory = new URL("./schemas/", import.meta.url);

  it("equal those in the repository (npm run schema)", async () => {
    expect((await readdir(directory)).toSorted()).toEqual(EVENT_TYPES.map(schemaFileOf).toSorted());
    for (const type of EVENT_TYPES)
      expect(await readFile(new URL(schemaFileOf(type), directory), "utf8")).toBe(
        `${JSON.stringify(jsonSchemaOf(type), null, 2)}\n`,
      );
  });

  it("allow additions by later versions", () => {
    for (const type of EVENT_TYPES) expect(JSON.stringify(jsonSchemaOf(type))).not.toContain("additionalProperties");
  });
});
