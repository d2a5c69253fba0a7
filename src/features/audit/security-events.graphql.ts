import { Field, ID, InputType, InterfaceType, ObjectType } from "type-graphql";
import { Device, describedEnum, Location } from "#platform/schema/common.graphql";
import { connectionOf, DateTimeRange } from "#platform/schema/connection";
import { Node } from "#platform/schema/node";
import { DateTime, IPAddress } from "#platform/schema/scalars";
import type { DeviceDescription, GeoLabel } from "#shared/client-info";
import type { SecurityEventId } from "#shared/ids";
import type { SecurityEventLevel } from "./security-event-levels.policy.ts";
import { PLAIN_EVENT, type SecurityEventType, typenameOf } from "./security-events.policy.ts";

export const SecurityEventTypeEnum = describedEnum<SecurityEventType>(
  "SecurityEventType",
  "The kinds of events in the history of an account or a tenant.",
  {
    REGISTRATION_REQUESTED: "A visitor registered and awaits an admin's approval.",
    REGISTRATION_REJECTED: "An admin rejected a registration.",
    USER_INVITED: "An admin invited an address.",
    INVITATION_REVOKED: "An admin revoked an invitation.",
    INVITATION_DECLINED: "The invited user declined an invitation.",
    USER_REGISTERED: "The user was created after verifying the address.",
    EMAIL_VERIFIED: "The user verified the e-mail address.",
    LOGIN_SUCCEEDED: "A login succeeded and a session started.",
    LOGIN_FAILED: "A login failed: the password was incorrect, or the account is not allowed to log in.",
    LOGIN_LOCKED: "Too many logins failed; further attempts are refused for a while.",
    LOGIN_CONFIRMED: "A login waiting for confirmation was confirmed from the mail.",
    LOGIN_DENIED: "A login waiting for confirmation was denied from the mail.",
    NEW_DEVICE: "A login came from an unknown device.",
    MFA_ENABLED: "A second factor was enabled.",
    MFA_DISABLED: "A second factor was disabled.",
    MFA_VERIFY_SUCCESS: "A second factor was verified.",
    MFA_VERIFY_FAILED: "The verification of a second factor failed.",
    MFA_LOCKED: "The verification of second factors failed too often; further attempts are refused for a while.",
    BACKUP_CODE_USED: "A backup code was used.",
    BACKUP_CODES_RENEWED: "New backup codes replaced the old ones.",
    PASSKEY_ADDED: "A passkey was registered.",
    PASSKEY_REMOVED: "A passkey was removed.",
    FACTOR_RESET:
      "A reset of the second factors was requested, cancelled or completed: see `step`. `byUserId` is the admin who requested or approved it.",
    CHANGE_SUSPENDED:
      "A change made with a confirmed identity was suspended, because a signing key had leaked at that time.",
    SUSPENDED_CHANGE_CONFIRMED: "A suspended change was confirmed by its owner and is effective again.",
    SUSPENDED_CHANGE_REMOVED: "A suspended change was permanently removed by its owner.",
    STEP_UP_FAILED:
      "An authenticated caller failed to confirm their identity, in reauthenticate or with the password for a change. Ten consecutive failures end the session.",
    SESSION_ENDED: "A session ended.",
    TOKEN_REUSED: "A rotated refresh token was reused, which indicates theft. The session ended.",
    REFRESH_FROM_ELSEWHERE:
      "A rotated refresh token was presented again within the grace period, from another network or device. The session continues.",
    REFRESH_ANSWER_LOST: "A client repeated a refresh whose response it had not received. The session continues.",
    REFRESH_AHEAD_OF_DATABASE:
      "A refresh token was newer than the database, which was restored or failed over. The session continues.",
    PASSWORD_CHANGED: "The password was changed by a user who knew it.",
    PASSWORD_RESET_REQUESTED: "A link to reset the password was requested, or an admin required a reset.",
    PASSWORD_RESET: "The password was reset through a link from a mail.",
    USERNAME_CHANGED: "The username was changed.",
    EMAIL_CHANGED: "The e-mail address was changed.",
    SOCIAL_LINKED: "An account at another provider was linked for logging in.",
    SOCIAL_UNLINKED: "An account at another provider was unlinked.",
    ROLES_CHANGED: "An admin changed the user's roles.",
    MEMBERSHIP_ADDED: "The user became a member of a tenant.",
    MEMBERSHIP_CHANGED:
      "A membership was suspended or reactivated, its roles were changed, or its tenant refuses access for a while after a reset of the second factors.",
    MEMBERSHIP_REMOVED: "A membership was removed, or the user left.",
    ROLE_CREATED: "A role of the tenant was created.",
    ROLE_UPDATED: "A role of the tenant was changed.",
    ROLE_DELETED: "A role of the tenant was deleted.",
    USER_UPDATED: "An admin changed the user's name, username or language.",
    USER_SUSPENDED: "An admin suspended the user.",
    USER_REACTIVATED: "An admin reactivated the user.",
    ACCOUNT_DELETED: "The user, an admin or an operator deleted the account.",
    POLICY_CHANGED: "An admin changed the tenant's security policy.",
    BRAND_CHANGED: "An admin changed the name, colour or logo with which login pages present the tenant.",
    SAP_CONNECTION_CHANGED: "An admin changed the tenant's SAP connection.",
    TENANT_ONBOARDED: "The tenant was onboarded.",
    TENANT_SUSPENDED: "An operator suspended the tenant.",
    TENANT_REACTIVATED: "An operator reactivated the tenant.",
    EXPORT_CREATED: "The user started an export of users or security events of the tenant.",
    EXPORT_DOWNLOADED: "The user downloaded the file of an export.",
  },
);

export const SecurityEventLevelEnum = describedEnum<SecurityEventLevel>(
  "SecurityEventLevel",
  "How much attention an event requires. The level is determined by the type.",
  {
    INFO: "Ordinary use, such as LOGIN_SUCCEEDED.",
    NOTICE: "A change of an account, its factors, its roles or the tenant, or a new device.",
    WARNING: "A failed verification, or a sign of an attack, such as TOKEN_REUSED.",
  },
);

@InterfaceType({
  implements: Node,
  description:
    "One entry of the security history: what happened, when and from where. Events with details have their own type, such as `LoginSucceededEvent` " +
    "for LOGIN_SUCCEEDED; new types may be added at any time.",
  resolveType: ({ type }: { type: SecurityEventType }) => typenameOf(type),
})
export class SecurityEvent implements Node {
  id!: SecurityEventId;

  @Field(() => SecurityEventTypeEnum, { description: "The kind of event." })
  type!: SecurityEventType;

  @Field(() => DateTime, { description: "The time of the event." })
  occurredAt!: Date;

  @Field(() => IPAddress, {
    nullable: true,
    description: "The address of the client that caused the event; null if no client caused it.",
  })
  ipAddress!: string | null;

  @Field(() => Device, {
    nullable: true,
    description: "The device that caused the event; null if no device caused it.",
  })
  device!: DeviceDescription | null;

  @Field(() => Location, { nullable: true, description: "The location of the address; null if unknown." })
  location!: GeoLabel | null;
}

@ObjectType(PLAIN_EVENT, { implements: SecurityEvent, description: "An event without details." })
export class PlainSecurityEvent extends SecurityEvent {}

export const SecurityEventConnection = connectionOf(SecurityEvent, "SecurityEvent");

@InputType({ description: "The security events of a user to list: those that match all given fields." })
export class UserSecurityEventFilter {
  @Field(() => [SecurityEventTypeEnum], {
    nullable: true,
    description: "Only events of these types. If absent, all types.",
  })
  types?: SecurityEventType[] | null;

  @Field(() => [SecurityEventLevelEnum], {
    nullable: true,
    description: "Only events with one of these levels. If absent, all levels.",
  })
  levels?: SecurityEventLevel[] | null;

  @Field(() => DateTimeRange, { nullable: true, description: "Only events in this period." })
  occurredAt?: DateTimeRange | null;
}

@InputType({ description: "The security events to list: those that match all given fields." })
export class SecurityEventFilter extends UserSecurityEventFilter {
  @Field(() => ID, {
    nullable: true,
    description:
      "Only events of this user. If absent, `Query.securityEvents` lists the caller's own, and `Tenant.securityEvents` and exports list those of all users.",
  })
  userId?: string | null;
}
