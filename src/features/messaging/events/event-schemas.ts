import { z } from "zod";

// The data of published events, by type. A type's version increases if a field is removed or changes its meaning. Additions keep
// the version, because consumers must ignore unknown fields. The JSON Schemas in schemas/ are generated from these
// (`npm run schema`), and each event contains the URL of its own.

const id = (what: string) => z.uuid().describe(what);

const client = z
  .strictObject({
    ip_address: z.string().describe("As reported by the trusted proxies."),
    device: z
      .strictObject({
        label: z.string().describe("For display: Firefox on Windows."),
        browser: z.string().nullable(),
        os: z.string().nullable(),
        type: z.string().describe("DESKTOP, MOBILE, TABLET or OTHER."),
      })
      .nullable(),
    location: z
      .strictObject({
        label: z.string().describe("For display: Kuala Lumpur, Malaysia."),
        city: z.string().nullable(),
        country_code: z.string().nullable().describe("ISO 3166-1 alpha-2."),
      })
      .nullable()
      .describe("Null for private and unknown addresses."),
  })
  .nullable()
  .describe("The client that caused the event; null if caused by the system.");

const by = id("The admin who caused the event; null if not caused by an admin.").nullable();
const endedSessions = z.int().min(0).describe("The number of sessions that ended.");

const member = (what: string) =>
  z
    .strictObject({
      membership_id: id("The membership. The event's subject is the user, and its tenant that of the membership."),
      status: z.string().nullable().describe("ACTIVE or SUSPENDED if the status changed; otherwise null."),
      roles: z.array(z.string()).nullable().describe("The names of the new roles if they changed; otherwise null."),
      by: id("The admin or user who caused the event; null if caused by neither.").nullable(),
      client,
    })
    .describe(what);

/** The data of each type of event. */
export const EVENT_DATA = {
  "auth.registration.requested": z
    .strictObject({ registration_id: id("The registration that awaits an admin's approval."), client })
    .describe("A visitor registered and awaits an admin's approval. The subject is the registration."),
  "auth.user.registered": z
    .strictObject({
      origin: z
        .enum(["SELF", "APPROVED", "INVITED", "IMPORTED", "COMMAND_LINE", "SOCIAL"])
        .describe("How the user was created."),
      registration_id: id("The registration that was approved; otherwise null.").nullable(),
      by: id("The admin who approved or invited; otherwise null.").nullable(),
      client,
    })
    .describe("The user was created, or moved to this tenant. The address may not be verified yet."),
  "auth.user.login": z
    .strictObject({
      session_id: id("The session that started."),
      methods: z.array(z.string()).describe("The verified factors, such as PASSWORD, TOTP, PASSKEY, SOCIAL."),
      new_device: z.boolean(),
      client,
    })
    .describe("A login succeeded and a session started."),
  "auth.user.logout": z
    .strictObject({
      all_devices: z.boolean().describe("Whether the user logged out on all devices."),
      session_id: id("The session that ended; null if all sessions ended.").nullable(),
      client,
    })
    .describe("The user logged out: on one device, or once for all devices."),
  "auth.user.changed": z
    .strictObject({
      change: z
        .enum([
          "EMAIL_VERIFIED",
          "EMAIL_CHANGED",
          "USERNAME_CHANGED",
          "ROLES_CHANGED",
          "USER_UPDATED",
          "USER_SUSPENDED",
          "USER_REACTIVATED",
          "SOCIAL_LINKED",
          "SOCIAL_UNLINKED",
        ])
        .describe("What changed. Query the API if the new value is needed."),
      roles: z.array(z.string()).nullable().describe("The new roles if they changed; otherwise null."),
      by,
      client,
    })
    .describe("The user changed. Stored copies of the user are out of date."),
  "auth.member.added": member("A user became a member of the tenant."),
  "auth.member.changed": member("A membership was suspended or reactivated, or its roles were changed."),
  "auth.member.removed": member(
    "A user is no longer a member of the tenant. Stored copies of the membership are out of date.",
  ),
  "auth.user.deleted": z
    .strictObject({})
    .describe("The user and all their data were deleted. Consumers must delete their copies."),
  "auth.password.reset": z
    .strictObject({
      change: z
        .enum(["PASSWORD_CHANGED", "PASSWORD_RESET"])
        .describe("PASSWORD_CHANGED by a user who knew the old one, or PASSWORD_RESET with a mailed link."),
      ended_sessions: endedSessions,
      client,
    })
    .describe("The user has a new password."),
  "auth.session.ended": z
    .strictObject({
      session_id: id("The session that ended. Its access tokens must no longer be accepted."),
      reason: z
        .string()
        .describe("The reason, a value of the API's SessionEndReason. Sessions that expire do not cause an event."),
      client,
    })
    .describe("A session ended."),
  "auth.mfa.changed": z
    .strictObject({
      change: z.enum(["MFA_ENABLED", "MFA_DISABLED", "PASSKEY_ADDED", "PASSKEY_REMOVED", "BACKUP_CODES_RENEWED"]),
      factor: z.string().nullable().describe("TOTP or PASSKEY; null for backup codes."),
      client,
    })
    .describe("The user's second factors changed."),
  "auth.login.denied": z
    .strictObject({ ended_sessions: endedSessions, client })
    .describe("The user denied a login. All sessions ended, and the password must be reset."),
  "auth.tenant.changed": z
    .strictObject({ change: z.enum(["TENANT_ONBOARDED", "TENANT_SUSPENDED", "TENANT_REACTIVATED"]), by, client })
    .describe("The tenant changed. Stored copies of the tenant are out of date. The subject is the tenant."),
} as const;

export type EventType = keyof typeof EVENT_DATA;
export type EventData<Type extends EventType> = z.infer<(typeof EVENT_DATA)[Type]>;

/** All types of events. Each is published on the subject of the same name. */
export const EVENT_TYPES = Object.keys(EVENT_DATA) as EventType[];

/** The file name of the schema of a type's data, below /events/ and in schemas/. */
export const schemaFileOf = (type: EventType): string => `${type}.v1.json`;

/** Keywords that zod generates but the published schema omits. They are only strict for Portcullis itself, or spell out UUIDs. */
const OMITTED: ReadonlySet<string> = new Set(["additionalProperties", "pattern"]);

/** The published JSON Schema (2020-12) of a type's data. It allows additions by later versions. */
export const jsonSchemaOf = (type: EventType): Record<string, unknown> => {
  const { $schema, ...schema } = z.toJSONSchema(EVENT_DATA[type]);
  const published: unknown = JSON.parse(JSON.stringify({ $schema, title: type, ...schema }), (key, value) =>
    OMITTED.has(key) ? undefined : value,
  );
  return published as Record<string, unknown>;
};
