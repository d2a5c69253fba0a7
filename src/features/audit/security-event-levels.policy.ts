import type { SecurityEventType } from "./security-events.policy.ts";

export const SECURITY_EVENT_LEVELS = ["INFO", "NOTICE", "WARNING"] as const;
export type SecurityEventLevel = (typeof SECURITY_EVENT_LEVELS)[number];

const LEVEL_OF: Readonly<Record<SecurityEventType, SecurityEventLevel>> = {
  REGISTRATION_REQUESTED: "INFO",
  REGISTRATION_REJECTED: "INFO",
  USER_INVITED: "INFO",
  INVITATION_REVOKED: "INFO",
  INVITATION_DECLINED: "INFO",
  USER_REGISTERED: "INFO",
  EMAIL_VERIFIED: "INFO",
  LOGIN_SUCCEEDED: "INFO",
  LOGIN_CONFIRMED: "INFO",
  MFA_VERIFY_SUCCESS: "INFO",
  SESSION_ENDED: "INFO",
  REFRESH_ANSWER_LOST: "INFO",
  REFRESH_AHEAD_OF_DATABASE: "INFO",
  USERNAME_CHANGED: "INFO",
  NEW_DEVICE: "NOTICE",
  MFA_ENABLED: "NOTICE",
  MFA_DISABLED: "NOTICE",
  BACKUP_CODE_USED: "NOTICE",
  BACKUP_CODES_RENEWED: "NOTICE",
  PASSKEY_ADDED: "NOTICE",
  PASSKEY_REMOVED: "NOTICE",
  FACTOR_RESET: "NOTICE",
  SUSPENDED_CHANGE_CONFIRMED: "NOTICE",
  SUSPENDED_CHANGE_REMOVED: "NOTICE",
  PASSWORD_CHANGED: "NOTICE",
  PASSWORD_RESET_REQUESTED: "NOTICE",
  PASSWORD_RESET: "NOTICE",
  EMAIL_CHANGED: "NOTICE",
  SOCIAL_LINKED: "NOTICE",
  SOCIAL_UNLINKED: "NOTICE",
  ROLES_CHANGED: "NOTICE",
  MEMBERSHIP_ADDED: "NOTICE",
  MEMBERSHIP_CHANGED: "NOTICE",
  MEMBERSHIP_REMOVED: "NOTICE",
  ROLE_CREATED: "NOTICE",
  ROLE_UPDATED: "NOTICE",
  ROLE_DELETED: "NOTICE",
  USER_UPDATED: "NOTICE",
  USER_SUSPENDED: "NOTICE",
  USER_REACTIVATED: "NOTICE",
  ACCOUNT_DELETED: "NOTICE",
  POLICY_CHANGED: "NOTICE",
  BRAND_CHANGED: "NOTICE",
  SAP_CONNECTION_CHANGED: "NOTICE",
  TENANT_ONBOARDED: "NOTICE",
  TENANT_SUSPENDED: "NOTICE",
  TENANT_REACTIVATED: "NOTICE",
  EXPORT_CREATED: "NOTICE",
  EXPORT_DOWNLOADED: "NOTICE",
  LOGIN_FAILED: "WARNING",
  LOGIN_LOCKED: "WARNING",
  LOGIN_DENIED: "WARNING",
  MFA_VERIFY_FAILED: "WARNING",
  MFA_LOCKED: "WARNING",
  STEP_UP_FAILED: "WARNING",
  CHANGE_SUSPENDED: "WARNING",
  TOKEN_REUSED: "WARNING",
  REFRESH_FROM_ELSEWHERE: "WARNING",
};

/** How much attention an event of this type requires. */
export const levelOf = (type: SecurityEventType): SecurityEventLevel => LEVEL_OF[type];

/** The given types that have one of these levels, without duplicates; null if neither limits them. */
export const typesWithin = (
  types: readonly SecurityEventType[] | null | undefined,
  levels: readonly SecurityEventLevel[] | null | undefined,
): readonly SecurityEventType[] | null => {
  if (levels == null) return types == null ? null : [...new Set(types)];
  const candidates = types ?? (Object.keys(LEVEL_OF) as SecurityEventType[]);
  return [...new Set(candidates)].filter((type) => levels.includes(levelOf(type)));
};
