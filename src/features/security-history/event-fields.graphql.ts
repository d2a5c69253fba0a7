import { Field, Float, ID, Int, ObjectType } from "type-graphql";
import { SuspendedChangeKindEnum } from "#features/incidents/index";
import { FactorResetStatusEnum } from "#features/login/index";
import { MembershipStatusEnum } from "#features/memberships/index";
import { AuthenticationMethodEnum, SessionEndReasonEnum } from "#features/sessions/index";
import { Device, DeviceTypeEnum, describedEnum } from "#platform/schema/common.graphql";
import { DateTime, IPAddress } from "#platform/schema/scalars";
import type { DeviceDescription } from "#shared/client-info";

export type Details = Readonly<Record<string, unknown>>;

/** A field of some kinds of events. A value stored in an unexpected form reads as null, so that it never breaks a list. */
export interface EventField {
  readonly type: () => unknown;
  readonly nullable: boolean;
  readonly description: string;
  readonly read: (details: Details) => unknown;
  /** The maximum number of items in a list of objects. */
  readonly atMost?: number;
}

const UserOriginEnum = describedEnum<"APPROVED" | "INVITED" | "IMPORTED" | "SOCIAL" | "COMMAND_LINE">(
  "UserOrigin",
  "How a user was created, other than by a plain registration.",
  {
    APPROVED: "An admin approved the registration.",
    INVITED: "An admin invited the address.",
    IMPORTED: "The user was imported from another system.",
    SOCIAL: "The user was created by a login at another provider.",
    COMMAND_LINE: "The user was created on the command line of the server.",
  },
);

export const ExportKindEnum = describedEnum<"USERS" | "SECURITY_EVENTS">("ExportKind", "What an export contains.", {
  USERS: "The users whose home is the tenant, one per line.",
  SECURITY_EVENTS: "The security events of the tenant, one per line.",
});

@ObjectType({ description: "The client that refreshed a session." })
class RefreshOrigin {
  @Field(() => IPAddress, { nullable: true, description: "The address; null if unknown." })
  ipAddress!: string | null;

  @Field(() => Device, { nullable: true, description: "The device; null if unknown." })
  device!: DeviceDescription | null;
}

@ObjectType({ description: "A changed setting of a tenant's security policy." })
class PolicyChange {
  @Field(() => String, { description: "The field of SecurityPolicy; of a brand: `name`, `color` or `logo`." })
  setting!: string;

  @Field(() => String, { nullable: true, description: "The old value, as text; null if not set." })
  from!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The new value, as text; null if not set. For a logo, the last part of its URL.",
  })
  to!: string | null;
}

/** An upper bound for the number of settings in a policy. */
const MAX_SETTINGS = 20;

const text = (value: unknown): string | null => (typeof value === "string" ? value : null);
const record = (value: unknown): Details => (typeof value === "object" && value !== null ? (value as Details) : {});
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const oneOf = (names: object, value: unknown): string | null =>
  typeof value === "string" && Object.hasOwn(names, value) ? value : null;

const field = (
  type: () => unknown,
  key: string,
  read: (value: unknown) => unknown,
  description: string,
): EventField => ({
  type,
  nullable: true,
  description: `${description} Null if unknown, for example after the account's deletion.`,
  read: (details) => read(details[key]),
});

const id = (key: string, description: string) => field(() => ID, key, text, description);
const string = (key: string, description: string) => field(() => String, key, text, description);
const count = (key: string, description: string) =>
  field(
    () => Int,
    key,
    (value) => (isCount(value) ? value : null),
    description,
  );
const instant = (key: string, description: string) => field(() => DateTime, key, instantOf, description);
const named = (names: object, key: string, description: string) =>
  field(
    () => names,
    key,
    (value) => oneOf(names, value),
    description,
  );

const isCount = (value: unknown): boolean => Number.isInteger(value) && Math.abs(value as number) < 2 ** 31;

const instantOf = (value: unknown): Date | null => {
  const at = new Date(text(value) ?? "");
  return Number.isNaN(at.getTime()) ? null : at;
};

const flag = (key: string, description: string): EventField => ({
  type: () => Boolean,
  nullable: false,
  description,
  read: (details) => details[key] === true,
});

const texts = (key: string, description: string): EventField => ({
  type: () => [String],
  nullable: false,
  description,
  read: (details) => list(details[key]).filter((item) => typeof item === "string"),
});

const originOf = (details: Details): string | null => {
  if (text(details.registrationId)) return "APPROVED";
  if (text(details.invitedBy)) return "INVITED";
  if (details.imported === true) return "IMPORTED";
  if (text(details.provider)) return "SOCIAL";
  return oneOf(UserOriginEnum, details.method);
};

const refreshOriginOf = (value: unknown): RefreshOrigin => {
  const { ipAddress, device } = record(value);
  const { label, browser, os, type } = record(device);
  const isDevice = typeof label === "string" && oneOf(DeviceTypeEnum, type) !== null;
  return {
    ipAddress: text(ipAddress),
    device: isDevice ? ({ label, browser: text(browser), os: text(os), type } as DeviceDescription) : null,
  };
};

const valueAsText = (value: unknown): string | null => (value === null || value === undefined ? null : String(value));

/** Every field by name. A name has the same type in all kinds of events, so that fragments of one operation do not conflict. */
export const EVENT_FIELDS = {
  byUserId: id("by", "The admin or operator who did it."),
  invitedByUserId: id("invitedBy", "The admin who invited the user."),
  registrationId: id("registrationId", "Registration.id."),
  invitationId: id("invitationId", "Invitation.id."),
  membershipId: id("membershipId", "Membership.id."),
  roleId: id("roleId", "Role.id."),
  sessionId: id("sessionId", "Session.id."),
  passkeyId: id("passkeyId", "Passkey.id."),
  suspendedChangeId: id("suspendedChangeId", "SuspendedChange.id."),
  provider: string("provider", "SocialProvider.id."),
  reason: string("reason", "The reason given by the admin."),
  obstacle: string("reason", "Why the login was refused, as an ErrorReason; null if the password was wrong."),
  roleName: string("name", "The name of the role."),
  host: string("host", "The host of the SAP system."),
  origin: {
    type: () => UserOriginEnum,
    nullable: true,
    description: "How the user was created; null for a plain registration, and if the user is deleted.",
    read: originOf,
  },
  method: named(AuthenticationMethodEnum, "method", "The method by which the user authenticated, or tried to."),
  factor: named(AuthenticationMethodEnum, "factor", "The second factor."),
  endReason: named(SessionEndReasonEnum, "reason", "Why the session ended."),
  membershipStatus: named(
    MembershipStatusEnum,
    "status",
    "The new status of the membership; null if its roles changed.",
  ),
  step: named(FactorResetStatusEnum, "state", "The new state of the reset."),
  kind: named(SuspendedChangeKindEnum, "kind", "The kind of change."),
  dueAt: instant("dueAt", "When it will be carried out, while pending."),
  lockedUntil: instant("until", "Until when further attempts are refused."),
  entryBlockedUntil: instant(
    "entryBlockedUntil",
    "Until when the tenant blocks the user's entry, after a reset of the second factors.",
  ),
  leakedSince: instant("since", "When the key leaked."),
  endedSessionCount: count("endedSessions", "How many sessions it ended."),
  backupCodesLeft: count("left", "How many backup codes are left."),
  serviceCount: count("services", "How many services the SAP system offers."),
  generation: field(() => Float, "generation", numberOf, "The generation of the token."),
  expectedGeneration: field(() => Float, "expectedGeneration", numberOf, "The generation in the database."),
  allDevices: flag("allDevices", "Whether the user logged out on all devices."),
  newDevice: flag("newDevice", "Whether the device was new."),
  replaced: flag("replaced", "Whether it replaced a previous one."),
  stillEnabled: flag("stillEnabled", "Whether another second factor remains."),
  denied: flag(
    "denied",
    "Whether it was removed because the user denied a login in which an intruder had added or used it.",
  ),
  stepUp: flag("stepUp", "Whether it was for a step-up and not for a login."),
  required: flag("required", "Whether the user must set a new password before the next login."),
  undone: flag("undone", "Whether the owner undid a change, which restored the previous address."),
  isHome: flag("isHome", "Whether it became the home of the user."),
  entryAllowed: flag("entryAllowed", "Whether an admin allowed the user's entry after a reset of the second factors."),
  elsewhere: flag("elsewhere", "Whether the claim came from another network than the first refresh."),
  profileFields: texts("fields", "The changed fields: NAME, USERNAME or LOCALE."),
  roleNames: texts("roles", "The granted roles."),
  rolesBefore: texts("from", "The previous roles."),
  rolesAfter: texts("to", "The new roles."),
  permissions: texts("permissions", "The permissions of the role."),
  methods: {
    type: () => [AuthenticationMethodEnum],
    nullable: false,
    description: "The methods of the login.",
    read: ({ methods }: Details) => list(methods).filter((method) => oneOf(AuthenticationMethodEnum, method) !== null),
  },
  spentBy: field(() => RefreshOrigin, "spentBy", refreshOriginOf, "The client that first used the refresh token."),
  exportId: id("exportId", "The export."),
  exportKind: named(ExportKindEnum, "exportKind", "The contents of the export."),
  changes: {
    type: () => [PolicyChange],
    nullable: false,
    atMost: MAX_SETTINGS,
    description: "The changed settings.",
    read: ({ changes }: Details) =>
      Object.entries(record(changes))
        .slice(0, MAX_SETTINGS)
        .map(([setting, change]) => ({
          setting,
          from: valueAsText(record(change).from),
          to: valueAsText(record(change).to),
        })),
  },
} as const satisfies Record<string, EventField>;

function numberOf(value: unknown): number | null {
  return Number.isFinite(value) ? (value as number) : null;
}

export type EventFieldName = keyof typeof EVENT_FIELDS;
