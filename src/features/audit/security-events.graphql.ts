import { Field, ID, InputType, InterfaceType, ObjectType } from "type-graphql";
import { Device, describedEnum, Location } from "#platform/schema/common.graphql";
import { connectionOf, DateTimeRange } from "#platform/schema/connection";
import { Node } from "#platform/schema/node";
import { DateTime, IPAddress } from "#platform/schema/scalars";
import type { DeviceDescription, PlaceName } from "#shared/client";
import type { SecurityEventId } from "#shared/ids";
import type { SecurityEventLevel } from "./security-event-levels.policy.ts";
import { PLAIN_EVENT, type SecurityEventType, typenameOf } from "./security-events.policy.ts";

export const SecurityEventTypeEnum = describedEnum<SecurityEventType>(
  "SecurityEventType",
  "What happened to an account or a tenant.",
  {
    REGISTRATION_REQUESTED: "A visitor registered, and waits for an admin's decision.",
    REGISTRATION_REJECTED: "An admin rejected a registration.",
    USER_INVITED: "An admin invited an address.",
    INVITATION_REVOKED: "An admin revoked an invitation.",
    INVITATION_DECLINED: "The invited user declined an invitation.",
    USER_REGISTERED: "The user was created: the address is verified.",
    EMAIL_VERIFIED: "The user proved to read mail at the address.",
    LOGIN_SUCCEEDED: "A login succeeded and a session began.",
    LOGIN_FAILED: "A login failed: the password was wrong, or the account may not log in.",
    LOGIN_LOCKED: "Too many logins failed; further ones are refused for a while.",
    LOGIN_CONFIRMED: "A login waiting for confirmation was confirmed from the mail.",
    LOGIN_DENIED: "A login waiting for confirmation was denied from the mail: it was somebody else.",
    NEW_DEVICE: "A login came from a device that was not known.",
    MFA_ENABLED: "A second factor was turned on.",
    MFA_DISABLED: "A second factor was turned off.",
    MFA_VERIFY_SUCCESS: "A second factor was proved.",
    MFA_VERIFY_FAILED: "A second factor was wrong.",
    MFA_LOCKED: "Second factors were wrong too often; they are refused for a while.",
    BACKUP_CODE_USED: "A backup code was used up.",
    BACKUP_CODES_RENEWED: "New backup codes took the place of the old ones.",
    PASSKEY_ADDED: "A passkey was registered.",
    PASSKEY_REMOVED: "A passkey was removed.",
    FACTOR_RESET:
      "A reset of the second factors waits, was stopped, or was carried out: `step`; `byUserId` is the admin who requested or approved it.",
    CHANGE_SUSPENDED: "A change that was made with a confirmed identity while a signing key had leaked was suspended.",
    SUSPENDED_CHANGE_CONFIRMED: "A suspended change was confirmed by its owner, and is in force again.",
    SUSPENDED_CHANGE_REMOVED: "A suspended change was removed by its owner for good.",
    STEP_UP_FAILED:
      "A signed-in caller failed to prove who they are: in reauthenticate, or by the password for a change. Ten in a row end the session.",
    SESSION_ENDED: "A session ended.",
    TOKEN_REUSED: "A spent refresh token came back: it was stolen, and its session ended.",
    REFRESH_FROM_ELSEWHERE:
      "A refresh token came again right after it was spent, from another network or device. The session goes on.",
    REFRESH_ANSWER_LOST:
      "A client asked again for the answer to a refresh, which it had not received. The session goes on.",
    REFRESH_AHEAD_OF_DATABASE:
      "A refresh token was newer than the database, which was restored or failed over. The session goes on.",
    PASSWORD_CHANGED: "The password was changed by somebody who knew it.",
    PASSWORD_RESET_REQUESTED: "A link to reset the password was asked for, or an admin demanded a reset.",
    PASSWORD_RESET: "The password was set anew through a link from a mail.",
    USERNAME_CHANGED: "The username was changed.",
    EMAIL_CHANGED: "The e-mail address was changed.",
    SOCIAL_LINKED: "An account at another provider became a way in.",
    SOCIAL_UNLINKED: "An account at another provider is no way in any more.",
    ROLES_CHANGED: "An admin changed what the user may do.",
    MEMBERSHIP_ADDED: "The user became a member of a tenant.",
    MEMBERSHIP_CHANGED:
      "A membership was suspended, reactivated or got other roles, or its tenant refuses entry for a while after a reset of the second factors.",
    MEMBERSHIP_REMOVED: "A membership was removed, or the user left.",
    ROLE_CREATED: "A role of the tenant was created.",
    ROLE_UPDATED: "A role of the tenant was changed.",
    ROLE_DELETED: "A role of the tenant was deleted.",
    USER_UPDATED: "An admin changed the user's name, username or language.",
    USER_SUSPENDED: "An admin shut the user out.",
    USER_REACTIVATED: "An admin let the user in again.",
    ACCOUNT_DELETED: "The user, an admin or an operator deleted the account.",
    POLICY_CHANGED: "An admin changed the tenant's security policy.",
    SAP_CONNECTION_CHANGED: "An admin connected the tenant with another SAP system.",
    TENANT_ONBOARDED: "The company was set up.",
    TENANT_SUSPENDED: "An operator shut the whole tenant out.",
    TENANT_REACTIVATED: "An operator let the tenant in again.",
    EXPORT_CREATED: "The user started an export of users or security events of the tenant.",
    EXPORT_DOWNLOADED: "The user downloaded the file of an export.",
  },
);

export const SecurityEventLevelEnum = describedEnum<SecurityEventLevel>(
  "SecurityEventLevel",
  "How much attention an event deserves. The level follows from the type.",
  {
    INFO: "Ordinary use, such as LOGIN_SUCCEEDED.",
    NOTICE: "A change of an account, its factors, its roles or the tenant, or a new device.",
    WARNING: "A failed proof, or a sign of an attack, such as TOKEN_REUSED.",
  },
);

@InterfaceType({
  implements: Node,
  description:
    "One entry of the security history: what happened, when and from where. Kinds that say more have a type of their own, `LoginSucceededEvent` " +
    "for LOGIN_SUCCEEDED; there may be new ones at any time.",
  resolveType: ({ type }: { type: SecurityEventType }) => typenameOf(type),
})
export class SecurityEvent implements Node {
  id!: SecurityEventId;

  @Field(() => SecurityEventTypeEnum, { description: "What happened." })
  type!: SecurityEventType;

  @Field(() => DateTime, { description: "When it happened." })
  occurredAt!: Date;

  @Field(() => IPAddress, {
    nullable: true,
    description: "The address of the client that caused it; null if no client did.",
  })
  ipAddress!: string | null;

  @Field(() => Device, { nullable: true, description: "The device of whoever caused it; null where nobody did." })
  device!: DeviceDescription | null;

  @Field(() => Location, { nullable: true, description: "Where that address is. Null where nobody knows." })
  location!: PlaceName | null;
}

@ObjectType(PLAIN_EVENT, { implements: SecurityEvent, description: "An event that says no more than its type." })
export class PlainSecurityEvent extends SecurityEvent {}

export const SecurityEventConnection = connectionOf(SecurityEvent, "SecurityEvent");

@InputType({ description: "Which security events of a user to list: those that meet all that is given." })
export class UserSecurityEventFilter {
  @Field(() => [SecurityEventTypeEnum], { nullable: true, description: "Of these types; absent: all of them." })
  types?: SecurityEventType[] | null;

  @Field(() => [SecurityEventLevelEnum], {
    nullable: true,
    description: "Of types with one of these levels; absent: of any level.",
  })
  levels?: SecurityEventLevel[] | null;

  @Field(() => DateTimeRange, { nullable: true, description: "In this period." })
  occurredAt?: DateTimeRange | null;
}

@InputType({ description: "Which security events to list: those that meet all that is given." })
export class SecurityEventFilter extends UserSecurityEventFilter {
  @Field(() => ID, {
    nullable: true,
    description:
      "Of this user. Absent: in `Query.securityEvents` the caller's own, in `Tenant.securityEvents` and in exports those of all users.",
  })
  userId?: string | null;
}
