import { hasPermission } from "#shared/access-policy";
import { AppError } from "#shared/errors";
import { parseId, type UserId } from "#shared/ids";
import type { Viewer } from "#shared/viewer";

export const SECURITY_EVENT_TYPES = [
  "REGISTRATION_REQUESTED",
  "REGISTRATION_REJECTED",
  "USER_INVITED",
  "INVITATION_REVOKED",
  "INVITATION_DECLINED",
  "USER_REGISTERED",
  "EMAIL_VERIFIED",
  "LOGIN_SUCCEEDED",
  "LOGIN_FAILED",
  "LOGIN_LOCKED",
  "LOGIN_CONFIRMED",
  "LOGIN_DENIED",
  "NEW_DEVICE",
  "MFA_ENABLED",
  "MFA_DISABLED",
  "MFA_VERIFY_SUCCESS",
  "MFA_VERIFY_FAILED",
  "MFA_LOCKED",
  "BACKUP_CODE_USED",
  "BACKUP_CODES_RENEWED",
  "PASSKEY_ADDED",
  "PASSKEY_REMOVED",
  "STEP_UP_FAILED",
  "FACTOR_RESET",
  "CHANGE_SUSPENDED",
  "SUSPENDED_CHANGE_CONFIRMED",
  "SUSPENDED_CHANGE_REMOVED",
  "SESSION_ENDED",
  "TOKEN_REUSED",
  "REFRESH_FROM_ELSEWHERE",
  "REFRESH_ANSWER_LOST",
  "REFRESH_AHEAD_OF_DATABASE",
  "PASSWORD_CHANGED",
  "PASSWORD_RESET_REQUESTED",
  "PASSWORD_RESET",
  "USERNAME_CHANGED",
  "EMAIL_CHANGED",
  "SOCIAL_LINKED",
  "SOCIAL_UNLINKED",
  "ROLES_CHANGED",
  "MEMBERSHIP_ADDED",
  "MEMBERSHIP_CHANGED",
  "MEMBERSHIP_REMOVED",
  "ROLE_CREATED",
  "ROLE_UPDATED",
  "ROLE_DELETED",
  "USER_UPDATED",
  "USER_SUSPENDED",
  "USER_REACTIVATED",
  "ACCOUNT_DELETED",
  "POLICY_CHANGED",
  "SAP_CONNECTION_CHANGED",
  "TENANT_ONBOARDED",
  "TENANT_SUSPENDED",
  "TENANT_REACTIVATED",
  "EXPORT_CREATED",
  "EXPORT_DOWNLOADED",
  "BRAND_CHANGED",
] as const;
export type SecurityEventType = (typeof SECURITY_EVENT_TYPES)[number];

/** Events without details, only with type, time and origin. They share one type of the schema. */
const PLAIN = [
  "EMAIL_VERIFIED",
  "LOGIN_CONFIRMED",
  "BACKUP_CODES_RENEWED",
  "USERNAME_CHANGED",
  "TENANT_ONBOARDED",
] as const satisfies readonly SecurityEventType[];

/** Events that have their own type in the schema, with their details as fields. */
export type DetailedEventType = Exclude<SecurityEventType, (typeof PLAIN)[number]>;

export const PLAIN_EVENT = "PlainSecurityEvent";

/** The name of an event's type in the schema: `LoginSucceededEvent` for LOGIN_SUCCEEDED. */
export const typenameOf = (type: SecurityEventType): string => {
  if (PLAIN.some((plain) => plain === type)) return PLAIN_EVENT;
  const words = type.split("_").map((word) => `${word.slice(0, 1)}${word.slice(1).toLowerCase()}`);
  return `${words.join("")}Event`;
};

/**
 * The user whose history the viewer reads: the viewer, or the user that an admin names.
 * @throws {AppError} FORBIDDEN if a plain user names another user, whether or not that user exists; NOT_FOUND if an admin names
 * a malformed id
 */
export const subjectOf = (
  viewer: Pick<Viewer, "userId" | "permissions" | "isOperator">,
  named: string | null | undefined,
): UserId => {
  const subject = named === null || named === undefined ? viewer.userId : parseId<UserId>(named);
  if (subject === viewer.userId) return subject;
  if (!hasPermission(viewer, "audit:read")) throw new AppError("FORBIDDEN", { reason: "MISSING_PERMISSION" });
  if (subject === null) throw new AppError("NOT_FOUND");
  return subject;
};
