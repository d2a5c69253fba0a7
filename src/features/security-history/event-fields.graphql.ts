import { Field, Float, ID, Int, ObjectType } from "type-graphql";
import { SuspendedChangeKindEnum } from "#features/incidents/index";
import { FactorResetStatusEnum } from "#features/login/index";
import { MembershipStatusEnum } from "#features/memberships/index";
import { AuthenticationMethodEnum, SessionEndReasonEnum } from "#features/sessions/index";
import { Device, DeviceTypeEnum, describedEnum } from "#platform/schema/common.graphql";
import { DateTime, IPAddress } from "#platform/schema/scalars";
import type { DeviceDescription } from "#shared/client";

export type Details = Readonly<Record<string, unknown>>;

/** A field of some kinds of events. What is stored in another form than expected reads as null: it never breaks a list. */
export interface EventField {
  readonly type: () => unknown;
  readonly nullable: boolean;
  readonly description: string;
  readonly read: (details: Details) => unknown;
  /** The most items of a list of objects. */
  readonly atMost?: number;
}

const UserOriginEnum = describedEnum<"APPROVED" | "INVITED" | "IMPORTED" | "SOCIAL" | "COMMAND_LINE">(
  "UserOrigin",
  "How a user came to be, other than by registering alone.",
  {
    APPROVED: "An admin approved the registration.",
    INVITED: "An admin invited the address.",
    IMPORTED: "The user was imported from another system.",
    SOCIAL: "The user came by an account at another provider.",
    COMMAND_LINE: "The user was created on the command line of the server.",
  },
);

export const ExportKindEnum = describedEnum<"USERS" | "SECURITY_EVENTS">("ExportKind", "What an export contains.", {
  USERS: "The users whose home is the tenant, one a line.",
  SECURITY_EVENTS: "The security events of the tenant, one a line.",
});

@ObjectType({ description: "Who refreshed a session." })
class RefreshOrigin {
  @Field(() => IPAddress, { nullable: true, description: "The address; null if unknown." })
  ipAddress!: string | null;

  @Field(() => Device, { nullable: true, description: "The device; null if unknown." })
  device!: DeviceDescription | null;
}

@ObjectType({ description: "One setting of a tenant's security policy that was changed." })
class PolicyChange {
  @Field(() => String, { description: "The field of SecurityPolicy." })
  setting!: string;

  @Field(() => String, { nullable: true, description: "The value before, as text; null if there was none." })
  from!: string | null;

  @Field(() => String, { nullable: true, description: "The value since then, as text; null if there is none." })
  to!: string | null;
}

/** More settings than a policy has. */
const MOST_SETTINGS = 20;

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
  description: `${description} Null if it is not known, as after the account's deletion.`,
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

/** Every field by its name: the same name has the same type in all kinds, so that fragments of one operation agree. */
export const EVENT_FIELDS = {
  byUserId: id("by", "The user who did it: an admin or operator."),
  invitedByUserId: id("invitedBy", "The admin who had invited the user."),
  registrationId: id("registrationId", "Registration.id."),
  invitationId: id("invitationId", "Invitation.id."),
  membershipId: id("membershipId", "Membership.id."),
  roleId: id("roleId", "Role.id."),
  sessionId: id("sessionId", "Session.id."),
  passkeyId: id("passkeyId", "Passkey.id."),
  suspendedChangeId: id("suspendedChangeId", "SuspendedChange.id."),
  provider: string("provider", "SocialProvider.id."),
  reason: string("reason", "Why, in the admin's words."),
  obstacle: string("reason", "Why the account was refused, as an ErrorReason; null if the password was wrong."),
  roleName: string("name", "The name of the role."),
  host: string("host", "The host of the SAP system."),
  origin: {
    type: () => UserOriginEnum,
    nullable: true,
    description: "How the user came to be; null where they registered alone, or are deleted.",
    read: originOf,
  },
  method: named(AuthenticationMethodEnum, "method", "How the user proved, or tried to prove, who they are."),
  factor: named(AuthenticationMethodEnum, "factor", "The second factor."),
  endReason: named(SessionEndReasonEnum, "reason", "Why the session ended."),
  membershipStatus: named(MembershipStatusEnum, "status", "What the membership is since; null if its roles changed."),
  step: named(FactorResetStatusEnum, "state", "What happened to the reset."),
  kind: named(SuspendedChangeKindEnum, "kind", "What was changed."),
  dueAt: instant("dueAt", "When it will be carried out, while it waits."),
  lockedUntil: instant("until", "Until when further tries are refused."),
  entryBlockedUntil: instant(
    "entryBlockedUntil",
    "Until when the tenant refuses entry, after a reset of the second factors.",
  ),
  leakedSince: instant("since", "Since when the key had leaked."),
  endedSessionCount: count("endedSessions", "How many sessions ended with it."),
  backupCodesLeft: count("left", "How many backup codes are left."),
  serviceCount: count("services", "How many services the SAP system offers."),
  generation: field(() => Float, "generation", numberOf, "The generation of the token."),
  expectedGeneration: field(() => Float, "expectedGeneration", numberOf, "The generation that the database knew."),
  allDevices: flag("allDevices", "Whether the user signed out everywhere."),
  newDevice: flag("newDevice", "Whether the device was not known."),
  replaced: flag("replaced", "Whether it took the place of one before."),
  stillEnabled: flag("stillEnabled", "Whether another second factor is left."),
  denied: flag("denied", "Whether it went because the user denied a login: an intruder had added or used it."),
  stepUp: flag("stepUp", "Whether it was for a step-up, not for a login."),
  required: flag("required", "Whether the user must set a new password before the next login."),
  undone: flag("undone", "Whether the address before is back: the owner undid a change."),
  isHome: flag("isHome", "Whether it became the home of the user."),
  entryAllowed: flag(
    "entryAllowed",
    "Whether an admin agreed to the user's entry after a reset of the second factors.",
  ),
  elsewhere: flag("elsewhere", "Whether who asked first was in another network."),
  profileFields: texts("fields", "What was changed: NAME, USERNAME or LOCALE."),
  roleNames: texts("roles", "The roles that it grants."),
  rolesBefore: texts("from", "The roles before."),
  rolesAfter: texts("to", "The roles since."),
  permissions: texts("permissions", "The permissions that the role gives."),
  methods: {
    type: () => [AuthenticationMethodEnum],
    nullable: false,
    description: "What was proved.",
    read: ({ methods }: Details) => list(methods).filter((method) => oneOf(AuthenticationMethodEnum, method) !== null),
  },
  spentBy: field(() => RefreshOrigin, "spentBy", refreshOriginOf, "The client that spent the refresh token first."),
  exportId: id("exportId", "The export."),
  exportKind: named(ExportKindEnum, "exportKind", "What the export contains."),
  changes: {
    type: () => [PolicyChange],
    nullable: false,
    atMost: MOST_SETTINGS,
    description: "What was changed.",
    read: ({ changes }: Details) =>
      Object.entries(record(changes))
        .slice(0, MOST_SETTINGS)
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
