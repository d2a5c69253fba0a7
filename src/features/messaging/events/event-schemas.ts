import { z } from "zod";

// What other services are told, by type. A type's version grows where something is taken away or means something else; what is
// added to it leaves it: whoever reads events ignores what he does not know. The JSON Schemas in schemas/ are made of these
// (`npm run schema`), and each event names its own.

const id = (what: string) => z.uuid().describe(what);

const client = z
  .strictObject({
    ip_address: z.string().describe("As far as the trusted proxies tell it."),
    device: z
      .strictObject({
        label: z.string().describe("For people: Firefox on Windows."),
        browser: z.string().nullable(),
        os: z.string().nullable(),
        type: z.string().describe("DESKTOP, MOBILE, TABLET or OTHER."),
      })
      .nullable(),
    location: z
      .strictObject({
        label: z.string().describe("For people: Kuala Lumpur, Malaysia."),
        city: z.string().nullable(),
        country_code: z.string().nullable().describe("ISO 3166-1 alpha-2."),
      })
      .nullable()
      .describe("Null for private and unknown addresses."),
  })
  .nullable()
  .describe("Who caused it; null where the system itself did.");

const by = id("The admin who did it; null where no admin did.").nullable();
const endedSessions = z.int().min(0).describe("How many sessions ended by it.");

const member = (what: string) =>
  z
    .strictObject({
      membership_id: id("The membership. The subject is the user, the tenant that of the event."),
      status: z.string().nullable().describe("ACTIVE or SUSPENDED if the status changed; else null."),
      roles: z.array(z.string()).nullable().describe("The names of the roles from now on if they changed; else null."),
      by: id("The admin or user who did it; null if neither did.").nullable(),
      client,
    })
    .describe(what);

/** The data of each type of event. */
export const EVENT_DATA = {
  "auth.registration.requested": z
    .strictObject({ registration_id: id("The registration that waits for an admin's decision."), client })
    .describe("A visitor registered, and waits for an admin's decision. The subject is the registration."),
  "auth.user.registered": z
    .strictObject({
      origin: z
        .enum(["SELF", "APPROVED", "INVITED", "IMPORTED", "COMMAND_LINE", "SOCIAL"])
        .describe("How the user came to be."),
      registration_id: id("The registration that was approved; else null.").nullable(),
      by: id("The admin who approved or invited; else null.").nullable(),
      client,
    })
    .describe("The user came to be, or came to be of this tenant. The address may not be proved yet."),
  "auth.user.login": z
    .strictObject({
      session_id: id("The session that began."),
      methods: z.array(z.string()).describe("What was proved, such as PASSWORD, TOTP, PASSKEY, SOCIAL."),
      new_device: z.boolean(),
      client,
    })
    .describe("A login succeeded and a session began."),
  "auth.user.logout": z
    .strictObject({
      all_devices: z.boolean().describe("Whether the user signed out everywhere."),
      session_id: id("The session that ended; null where all did.").nullable(),
      client,
    })
    .describe("The user signed out: on one device, or once for all of them."),
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
        .describe("What changed: the new value is asked for where it is needed."),
      roles: z.array(z.string()).nullable().describe("The roles from now on, where they changed; else null."),
      by,
      client,
    })
    .describe("What others may have kept of the user is out of date."),
  "auth.member.added": member("A user became a member of the tenant."),
  "auth.member.changed": member("A membership was suspended, reactivated or got other roles."),
  "auth.member.removed": member(
    "A user is no longer a member of the tenant: what was kept of them there is out of date.",
  ),
  "auth.user.deleted": z
    .strictObject({})
    .describe("The user is gone, with everything that was the user's: others forget what they have."),
  "auth.password.reset": z
    .strictObject({
      change: z
        .enum(["PASSWORD_CHANGED", "PASSWORD_RESET"])
        .describe("By somebody who knew the old one, or through a link from a mail."),
      ended_sessions: endedSessions,
      client,
    })
    .describe("The user has a new password."),
  "auth.session.ended": z
    .strictObject({
      session_id: id("Its access tokens are not to be accepted any more."),
      reason: z
        .string()
        .describe("Why, as the API's SessionEndReason says it. A session that merely expires says nothing."),
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
    .describe("The user said that a login was somebody else's: all sessions ended, the password must be reset."),
  "auth.tenant.changed": z
    .strictObject({ change: z.enum(["TENANT_ONBOARDED", "TENANT_SUSPENDED", "TENANT_REACTIVATED"]), by, client })
    .describe("What others may have kept of the tenant is out of date. The subject is the tenant."),
} as const;

export type EventType = keyof typeof EVENT_DATA;
export type EventData<Type extends EventType> = z.infer<(typeof EVENT_DATA)[Type]>;

/** All types of events; each is told on the subject of the same name. */
export const EVENT_TYPES = Object.keys(EVENT_DATA) as EventType[];

/** Where the schema of a type's data lies, below /events/ and in schemas/. */
export const schemaFileOf = (type: EventType): string => `${type}.v1.json`;

/** What zod says beyond the published schema: it is strict with us, and spells out how a UUID is written. */
const OMITTED: ReadonlySet<string> = new Set(["additionalProperties", "pattern"]);

/** The JSON Schema (2020-12) of a type's data, as it is published. It allows what later versions may add. */
export const jsonSchemaOf = (type: EventType): Record<string, unknown> => {
  const { $schema, ...schema } = z.toJSONSchema(EVENT_DATA[type]);
  const published: unknown = JSON.parse(JSON.stringify({ $schema, title: type, ...schema }), (key, value) =>
    OMITTED.has(key) ? undefined : value,
  );
  return published as Record<string, unknown>;
};
