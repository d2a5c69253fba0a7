import type { SecurityEventType } from "#features/audit/index";
import type { DeviceDescription, GeoLabel } from "#shared/client-info";
import type { OutboxRow } from "./event-outbox.repository.ts";
import type { EventData, EventType } from "./event-schemas.ts";

/** A published event, before it is wrapped in a CloudEvent. */
export type IntegrationEvent = {
  [Type in EventType]: {
    readonly id: string;
    readonly type: Type;
    /** The id of the subject: usually the user. */
    readonly subject: string;
    readonly tenantId: string;
    readonly time: Date;
    readonly data: EventData<Type>;
  };
}[EventType];

type Recorded = Pick<OutboxRow, "eventId" | "tenantId" | "userId" | "occurredAt" | "entry">;
type Details = Readonly<Record<string, unknown>>;

/** A type and its data, and the subject if it is not the user. */
type EventContent = {
  [Type in EventType]: { readonly type: Type; readonly data: EventData<Type>; readonly subject?: string };
}[EventType];

type ToIntegrationEvents = (event: Recorded, details: Details) => readonly EventContent[];

const text = (value: unknown): string | null => (typeof value === "string" ? value : null);
const number = (value: unknown): number => (typeof value === "number" ? value : 0);
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

const describeDevice = ({ label, browser, os, type }: DeviceDescription) => ({ label, browser, os, type });
const describeLocation = ({ label, city, countryCode }: GeoLabel) => ({ label, city, country_code: countryCode });

const clientOf = ({ entry: { ipAddress, device, location } }: Recorded) =>
  ipAddress === null
    ? null
    : {
        ip_address: ipAddress,
        device: device && describeDevice(device),
        location: location && describeLocation(location),
      };

const originOf = (details: Details): EventData<"auth.user.registered">["origin"] => {
  if (text(details.registrationId)) return "APPROVED";
  if (text(details.invitedBy)) return "INVITED";
  if (details.imported === true) return "IMPORTED";
  if (text(details.provider)) return "SOCIAL";
  return details.method === "COMMAND_LINE" ? "COMMAND_LINE" : "SELF";
};

const userChanged =
  (change: EventData<"auth.user.changed">["change"]): ToIntegrationEvents =>
  (event, details) => [
    {
      type: "auth.user.changed",
      data: {
        change,
        roles: change === "ROLES_CHANGED" ? texts(details.to) : null,
        by: text(details.by),
        client: clientOf(event),
      },
    },
  ];

const passwordReset =
  (change: EventData<"auth.password.reset">["change"]): ToIntegrationEvents =>
  (event, details) => [
    {
      type: "auth.password.reset",
      data: { change, ended_sessions: number(details.endedSessions), client: clientOf(event) },
    },
  ];

const mfaChanged =
  (change: EventData<"auth.mfa.changed">["change"], factor?: string): ToIntegrationEvents =>
  (event, details) => [
    {
      type: "auth.mfa.changed",
      data: { change, factor: factor ?? text(details.factor), client: clientOf(event) },
    },
  ];

const memberEvent =
  (type: "auth.member.added" | "auth.member.changed" | "auth.member.removed"): ToIntegrationEvents =>
  (event, details) => {
    const roles = details.to ?? details.roles;
    return [
      {
        type,
        data: {
          membership_id: text(details.membershipId) ?? "",
          status: text(details.status),
          roles: Array.isArray(roles) ? texts(roles) : null,
          by: text(details.by),
          client: clientOf(event),
        },
      },
    ];
  };

const tenantChanged =
  (change: EventData<"auth.tenant.changed">["change"]): ToIntegrationEvents =>
  (event, details) => [
    {
      type: "auth.tenant.changed",
      subject: event.tenantId,
      data: { change, by: text(details.by), client: clientOf(event) },
    },
  ];

const sessionEnded: ToIntegrationEvents = (event, details) => {
  const sessionId = text(details.sessionId) ?? "";
  const reason = text(details.reason) ?? "";
  const client = clientOf(event);
  const ended: EventContent = { type: "auth.session.ended", data: { session_id: sessionId, reason, client } };
  if (reason !== "LOGGED_OUT") return [ended];
  const everywhere = details.allDevices === true;
  // Logging out on all devices is one logout, however many sessions it ends.
  if (everywhere && event.entry.ordinal > 0) return [ended];
  const data = { all_devices: everywhere, session_id: everywhere ? null : sessionId, client };
  return [ended, { type: "auth.user.logout", data }];
};

/** The published events for each recorded event. Types that are missing here stay in the security history. */
const PUBLISHED: { readonly [Type in SecurityEventType]?: ToIntegrationEvents } = {
  REGISTRATION_REQUESTED: (event, details) => {
    const registrationId = text(details.registrationId) ?? "";
    const data = { registration_id: registrationId, client: clientOf(event) };
    return [{ type: "auth.registration.requested", subject: registrationId, data }];
  },
  USER_REGISTERED: (event, details) => [
    {
      type: "auth.user.registered",
      data: {
        origin: originOf(details),
        registration_id: text(details.registrationId),
        by: text(details.by) ?? text(details.invitedBy),
        client: clientOf(event),
      },
    },
  ],
  LOGIN_SUCCEEDED: (event, details) => [
    {
      type: "auth.user.login",
      data: {
        session_id: text(details.sessionId) ?? "",
        methods: texts(details.methods),
        new_device: details.newDevice === true,
        client: clientOf(event),
      },
    },
  ],
  SESSION_ENDED: sessionEnded,
  LOGIN_DENIED: (event, details) => [
    {
      type: "auth.login.denied",
      data: { ended_sessions: number(details.endedSessions), client: clientOf(event) },
    },
  ],
  ACCOUNT_DELETED: () => [{ type: "auth.user.deleted", data: {} }],
  PASSWORD_CHANGED: passwordReset("PASSWORD_CHANGED"),
  PASSWORD_RESET: passwordReset("PASSWORD_RESET"),
  EMAIL_VERIFIED: userChanged("EMAIL_VERIFIED"),
  EMAIL_CHANGED: userChanged("EMAIL_CHANGED"),
  USERNAME_CHANGED: userChanged("USERNAME_CHANGED"),
  ROLES_CHANGED: userChanged("ROLES_CHANGED"),
  USER_UPDATED: (event, details) =>
    userChanged(texts(details.fields).includes("USERNAME") ? "USERNAME_CHANGED" : "USER_UPDATED")(event, details),
  USER_SUSPENDED: userChanged("USER_SUSPENDED"),
  USER_REACTIVATED: userChanged("USER_REACTIVATED"),
  MEMBERSHIP_ADDED: memberEvent("auth.member.added"),
  MEMBERSHIP_CHANGED: memberEvent("auth.member.changed"),
  MEMBERSHIP_REMOVED: memberEvent("auth.member.removed"),
  SOCIAL_LINKED: userChanged("SOCIAL_LINKED"),
  SOCIAL_UNLINKED: userChanged("SOCIAL_UNLINKED"),
  MFA_ENABLED: mfaChanged("MFA_ENABLED"),
  MFA_DISABLED: mfaChanged("MFA_DISABLED"),
  PASSKEY_ADDED: mfaChanged("PASSKEY_ADDED", "PASSKEY"),
  PASSKEY_REMOVED: mfaChanged("PASSKEY_REMOVED", "PASSKEY"),
  BACKUP_CODES_RENEWED: mfaChanged("BACKUP_CODES_RENEWED"),
  TENANT_ONBOARDED: tenantChanged("TENANT_ONBOARDED"),
  TENANT_SUSPENDED: tenantChanged("TENANT_SUSPENDED"),
  TENANT_REACTIVATED: tenantChanged("TENANT_REACTIVATED"),
};

/** Whether an event of this type is published. */
export const isPublished = (type: SecurityEventType): boolean => PUBLISHED[type] !== undefined;

/**
 * The events published for an event of the security history, in this order. The ids are stable: the first has the id of the
 * event, further ones have that id followed by their type.
 */
export const toIntegrationEvents = (event: Recorded): readonly IntegrationEvent[] => {
  const messages = PUBLISHED[event.entry.type]?.(event, event.entry.details) ?? [];
  return messages.map((message, index) => {
    const subject = message.subject ?? event.userId ?? event.tenantId;
    const id = index === 0 ? event.eventId : `${event.eventId}/${message.type}`;
    return { ...message, id, subject, tenantId: event.tenantId, time: event.occurredAt };
  });
};

/** The key of events that are published sequentially. Events with different keys are published concurrently. */
export const partitionKeyOf = ({ userId, tenantId }: Pick<Recorded, "userId" | "tenantId">): string =>
  userId ?? tenantId;
