import { Field, ObjectType } from "type-graphql";
import {
  type DetailedEventType,
  SecurityEvent,
  type SecurityEventRow,
  SecurityEventTypeEnum,
  typenameOf,
} from "#features/audit/index";
import { AtMost } from "#platform/schema/bounds";
import { EVENT_FIELDS, type EventField, type EventFieldName } from "./event-fields.graphql.ts";

/** The fields of each kind of event that has details. */
const FIELDS_OF: Readonly<Record<DetailedEventType, readonly EventFieldName[]>> = {
  REGISTRATION_REQUESTED: ["registrationId"],
  REGISTRATION_REJECTED: ["registrationId", "byUserId"],
  USER_INVITED: ["invitationId", "byUserId", "roleNames"],
  INVITATION_REVOKED: ["invitationId", "byUserId", "roleNames"],
  INVITATION_DECLINED: ["invitationId", "roleNames"],
  USER_REGISTERED: ["origin", "registrationId", "byUserId", "invitedByUserId", "provider"],
  LOGIN_SUCCEEDED: ["sessionId", "methods", "newDevice"],
  LOGIN_FAILED: ["obstacle"],
  LOGIN_LOCKED: ["lockedUntil"],
  LOGIN_DENIED: ["sessionId", "endedSessionCount"],
  NEW_DEVICE: ["sessionId"],
  MFA_ENABLED: ["factor", "replaced"],
  MFA_DISABLED: ["factor", "stillEnabled", "denied"],
  MFA_VERIFY_SUCCESS: ["method", "stepUp", "backupCodesLeft"],
  MFA_VERIFY_FAILED: ["method", "provider"],
  MFA_LOCKED: ["lockedUntil"],
  BACKUP_CODE_USED: ["backupCodesLeft"],
  PASSKEY_ADDED: ["passkeyId"],
  PASSKEY_REMOVED: ["passkeyId", "denied"],
  STEP_UP_FAILED: ["sessionId", "method"],
  FACTOR_RESET: ["step", "byUserId", "dueAt", "endedSessionCount"],
  CHANGE_SUSPENDED: ["suspendedChangeId", "kind", "leakedSince"],
  SUSPENDED_CHANGE_CONFIRMED: ["suspendedChangeId", "kind"],
  SUSPENDED_CHANGE_REMOVED: ["suspendedChangeId", "kind"],
  SESSION_ENDED: ["sessionId", "endReason", "allDevices"],
  TOKEN_REUSED: ["sessionId"],
  REFRESH_FROM_ELSEWHERE: ["sessionId", "spentBy"],
  REFRESH_ANSWER_LOST: ["sessionId", "spentBy", "elsewhere"],
  REFRESH_AHEAD_OF_DATABASE: ["sessionId", "generation", "expectedGeneration"],
  PASSWORD_CHANGED: ["endedSessionCount"],
  PASSWORD_RESET_REQUESTED: ["byUserId", "required", "endedSessionCount"],
  PASSWORD_RESET: ["endedSessionCount"],
  EMAIL_CHANGED: ["undone", "endedSessionCount"],
  SOCIAL_LINKED: ["provider"],
  SOCIAL_UNLINKED: ["provider", "denied"],
  ROLES_CHANGED: ["byUserId", "rolesBefore", "rolesAfter"],
  MEMBERSHIP_ADDED: ["membershipId", "byUserId", "roleNames"],
  MEMBERSHIP_CHANGED: [
    "membershipId",
    "byUserId",
    "membershipStatus",
    "isHome",
    "rolesBefore",
    "rolesAfter",
    "entryBlockedUntil",
    "entryAllowed",
  ],
  MEMBERSHIP_REMOVED: ["membershipId", "byUserId"],
  ROLE_CREATED: ["roleId", "byUserId", "roleName", "permissions"],
  ROLE_UPDATED: ["roleId", "byUserId", "roleName", "permissions"],
  ROLE_DELETED: ["roleId", "byUserId", "roleName"],
  USER_UPDATED: ["byUserId", "profileFields"],
  USER_SUSPENDED: ["byUserId", "reason"],
  USER_REACTIVATED: ["byUserId"],
  ACCOUNT_DELETED: ["byUserId"],
  POLICY_CHANGED: ["changes"],
  BRAND_CHANGED: ["changes"],
  SAP_CONNECTION_CHANGED: ["host", "serviceCount"],
  TENANT_SUSPENDED: ["byUserId"],
  TENANT_REACTIVATED: ["byUserId"],
  EXPORT_CREATED: ["exportId", "exportKind"],
  EXPORT_DOWNLOADED: ["exportId", "exportKind"],
};

/** Returns the details of an event, by the names of the fields of its type in the schema. */
export const detailsOf = ({ type, details }: Pick<SecurityEventRow, "type" | "details">): Record<string, unknown> => {
  const names: readonly EventFieldName[] = FIELDS_OF[type as DetailedEventType] ?? [];
  return Object.fromEntries(names.map((name) => [name, (EVENT_FIELDS[name] as EventField).read(details)]));
};

/** Defines the type of one kind of event, whose fields read the stored details. */
const defineKind = (type: DetailedEventType, names: readonly EventFieldName[]): void => {
  class Kind extends SecurityEvent {}
  for (const name of names) {
    const { type: typeOf, nullable, description, read, atMost }: EventField = EVENT_FIELDS[name];
    const value = function (this: SecurityEventRow): unknown {
      return read(this.details);
    };
    const descriptor = { value, configurable: true };
    Object.defineProperty(Kind.prototype, name, descriptor);
    Field(typeOf as () => typeof String, { nullable, description })(Kind.prototype, name, descriptor);
    if (atMost !== undefined) AtMost(atMost)(Kind.prototype, name, descriptor);
  }
  const description = `An event of the type ${SecurityEventTypeEnum[type]}; see SecurityEventType.`;
  ObjectType(typenameOf(type), { implements: SecurityEvent, description })(Kind);
};

for (const [type, names] of Object.entries(FIELDS_OF)) defineKind(type as DetailedEventType, names);
