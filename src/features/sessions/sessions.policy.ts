import type { Access, PermissionCatalogue } from "#features/memberships/index";
import { after } from "#shared/durations";
import type { AuthenticationMethod } from "#shared/factors";
import type { PasskeyId, SocialAccountId, TenantId, UserId } from "#shared/ids";
import { type HeldMembership, isUsable as isUsableMembership, openMembershipIn } from "#shared/memberships";

export const SESSION_END_REASONS = [
  "LOGGED_OUT",
  "REVOKED",
  "SESSION_LIMIT",
  "PASSWORD_CHANGED",
  "PASSWORD_RESET",
  "LOGIN_DENIED",
  "TOKEN_REUSED",
  "STEP_UP_FAILED",
  "ADMIN_REVOKED",
  "ACCOUNT_SUSPENDED",
  "EXPIRED",
] as const;
export type SessionEndReason = (typeof SESSION_END_REASONS)[number];

/** The end reasons of sessions that an attacker may have used: credentials created on them may not be the owner's. */
export const SUSPICIOUS_ENDS = ["TOKEN_REUSED", "STEP_UP_FAILED"] as const satisfies readonly SessionEndReason[];

/** A proof made on a session after it was opened. */
export interface SessionAuthMethod {
  readonly method: AuthenticationMethod;
  /** The passkey, if the method is PASSKEY. */
  readonly passkeyId: PasskeyId | null;
}

/** Proofs that no longer count for sessions: these methods, this passkey, and this account at a provider. */
export interface RevokedAuthMethods {
  readonly methods: readonly AuthenticationMethod[];
  readonly passkeyId: PasskeyId | null;
  readonly socialAccountId?: SocialAccountId;
}

/** The number of consecutive failed proofs that ends a session. */
export const MAX_FAILED_CREDENTIALS = 10;

/** Maximum number of sessions of one user in a response. No person has more, and a longer list would be hard to read. */
export const MAX_SESSIONS = 100;

/** Maximum number of live sessions of a user, even if the tenant has no limit. */
export const MAX_LIVE_SESSIONS = 100;

/** How long ended sessions stay visible to their user, in days. */
export const ENDED_SESSIONS_VISIBLE_DAYS = 30;

interface Expiring {
  readonly expiresAt: Date;
  readonly endedAt: Date | null;
}

/** Whether the session is live: not ended, and not expired at `now`. */
export const isLive = (session: Expiring, now: Date): boolean => session.endedAt === null && session.expiresAt > now;

/** Returns why a session is over at `now`; null if it is live. An expired session may not be marked yet. */
export const endReasonAt = (
  session: Expiring & { readonly endReason: SessionEndReason | null },
  now: Date,
): SessionEndReason | null => session.endReason ?? (isLive(session, now) ? null : "EXPIRED");

/** Presents an expired session as ended, even before the next sweep marks it. */
export const withEffectiveStatus = <Seen extends Expiring & { readonly endReason: SessionEndReason | null }>(
  session: Seen,
  now: Date,
): Seen =>
  session.endedAt === null && session.expiresAt <= now
    ? { ...session, endedAt: session.expiresAt, endReason: "EXPIRED" }
    : session;

/** Returns the next expiry: it slides with every refresh, but never past the session's maximum lifetime. */
export const slidingExpiry = (now: Date, refreshLifetime: number, endsAt: Date): Date => {
  const slid = after(now, refreshLifetime);
  return slid < endsAt ? slid : endsAt;
};

const AMR: Readonly<Record<AuthenticationMethod, readonly string[]>> = {
  PASSWORD: ["pwd"],
  TOTP: ["otp"],
  BACKUP_CODE: ["otp"],
  EMAIL_CODE: [],
  PASSKEY: ["hwk", "user"],
  SOCIAL: ["fed"],
};

/**
 * The kinds of factor that a method proves. A login at a provider counts as a password entered there. A passkey with user
 * verification proves both kinds. A mailed code proves only access to the mailbox, which can also reset the password.
 */
const KINDS: Readonly<Record<AuthenticationMethod, readonly ("KNOWLEDGE" | "POSSESSION")[]>> = {
  PASSWORD: ["KNOWLEDGE"],
  SOCIAL: ["KNOWLEDGE"],
  TOTP: ["POSSESSION"],
  BACKUP_CODE: ["POSSESSION"],
  PASSKEY: ["KNOWLEDGE", "POSSESSION"],
  EMAIL_CODE: [],
};

/**
 * Returns the methods as `amr` values (RFC 8176, section 2; `fed`, for a login at another provider, is Portcullis's own): `mfa` only
 * for two kinds of factors. A mailed code is included only if it was the first factor.
 */
export const amrOf = (methods: readonly AuthenticationMethod[]): string[] => {
  const first = methods[0] === "EMAIL_CODE" ? ["otp"] : [];
  const names = [...new Set([...first, ...methods.flatMap((method) => AMR[method])])];
  const kinds = new Set(methods.flatMap((method) => KINDS[method]));
  return kinds.size > 1 ? [...names, "mfa"] : names;
};

interface SubjectStatus extends Expiring {
  readonly userStatus: string;
  readonly memberships: readonly HeldMembership[];
}

/** Whether a session may be used: it is live, and its user is active and a member of a tenant that is not suspended. */
export const isValidSession = (session: SubjectStatus, now: Date): boolean =>
  isLive(session, now) && session.userStatus === "ACTIVE" && session.memberships.some(isUsableMembership);

/** The user's data in an access token, also of one that opened a connection. */
export interface SessionClaims {
  readonly userId: UserId;
  /** The tenant of the token. */
  readonly tenantId: TenantId;
  readonly isOperator: boolean;
  readonly roles: readonly string[];
  /** Null for a token of the previous version, which has no permissions. */
  readonly permissions: readonly string[] | null;
}

/** The current data of a session's user, to compare with the claims. */
export interface ClaimsSubject {
  readonly userId: UserId;
  readonly isOperator: boolean;
  readonly memberships: readonly HeldMembership[];
}

/**
 * The validity of a session whose access token was accepted earlier. OUTDATED: the session is live, but the user's roles or
 * permissions have changed since, so a new access token is needed. NOT_A_MEMBER: the session is live, but the user no longer has
 * access to the token's tenant.
 */
export type SessionValidity = "LIVE" | "OUTDATED" | "NOT_A_MEMBER" | "ENDED";

/** Compares as JSON, because the name of a role may contain any separator. */
const areSame = (some: readonly string[], others: readonly string[]): boolean =>
  JSON.stringify(some) === JSON.stringify(others);

/** Assesses the claims of a token against the current data of the user of a live session. */
export const assessClaims = (
  { isOperator, memberships }: ClaimsSubject,
  claimed: SessionClaims,
  now: Date,
  catalogue: Pick<PermissionCatalogue, "accessOf">,
): { readonly validity: "LIVE"; readonly access: Access } | { readonly validity: "OUTDATED" | "NOT_A_MEMBER" } => {
  const membership = openMembershipIn(memberships, claimed.tenantId, now);
  if (membership === null) return { validity: "NOT_A_MEMBER" };
  const access = catalogue.accessOf(membership, { isOperator });
  const isSame =
    isOperator === claimed.isOperator &&
    areSame(access.roles, claimed.roles) &&
    (claimed.permissions === null || areSame(access.permissions, claimed.permissions));
  return isSame ? { validity: "LIVE", access } : { validity: "OUTDATED" };
};

/** Returns the validity of a session by its current row; null if it does not exist. */
export const validityOf = (
  session: (SubjectStatus & ClaimsSubject) | null,
  claimed: SessionClaims,
  now: Date,
  catalogue: Pick<PermissionCatalogue, "accessOf">,
): SessionValidity => {
  if (!session || session.userId !== claimed.userId || !isValidSession(session, now)) return "ENDED";
  return assessClaims(session, claimed, now, catalogue).validity;
};
