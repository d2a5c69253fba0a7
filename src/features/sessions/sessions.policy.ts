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

/** How a session ends that somebody else may have used: what it created is not its owner's. */
export const SUSPICIOUS_ENDS = ["TOKEN_REUSED", "STEP_UP_FAILED"] as const satisfies readonly SessionEndReason[];

/** Something proved on a session after it was opened. */
export interface SessionProof {
  readonly method: AuthenticationMethod;
  /** The passkey, where it was one. */
  readonly passkeyId: PasskeyId | null;
}

/** What sessions can no longer rest on: these methods, this passkey, and this account at a provider. */
export interface WithdrawnProofs {
  readonly methods: readonly AuthenticationMethod[];
  readonly passkeyId: PasskeyId | null;
  readonly socialAccountId?: SocialAccountId;
}

/** How many proofs in a row may fail on a session: the last of them ends it. */
export const MOST_FAILED_PROOFS = 10;

/** Sessions of one user in one answer. More than a person reads; a user with more sessions than this is a program. */
export const MOST_SESSIONS = 100;

/** How many live sessions a user has at most, also in a tenant without a limit. */
export const MOST_LIVE_SESSIONS = 100;

/** How long ended sessions stay visible to their user, in days. */
export const ENDED_SESSIONS_VISIBLE_DAYS = 30;

interface Expiring {
  readonly expiresAt: Date;
  readonly endedAt: Date | null;
}

/** Whether the session still signs anybody in: not ended, and not expired at `now`. */
export const isLive = (session: Expiring, now: Date): boolean => session.endedAt === null && session.expiresAt > now;

/** Why a session is over at `now`; null while it lives. One that expired may not have been marked yet. */
export const endReasonAt = (
  session: Expiring & { readonly endReason: SessionEndReason | null },
  now: Date,
): SessionEndReason | null => session.endReason ?? (isLive(session, now) ? null : "EXPIRED");

/** Between its expiry and the next sweep a session already shows as expired. */
export const asSeen = <Seen extends Expiring & { readonly endReason: SessionEndReason | null }>(
  session: Seen,
  now: Date,
): Seen =>
  session.endedAt === null && session.expiresAt <= now
    ? { ...session, endedAt: session.expiresAt, endReason: "EXPIRED" }
    : session;

/** The next expiry: it slides with every refresh, but never past the session's absolute end. */
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
 * What a method proves. A provider's word is taken for a password given there. A passkey with user verification proves two
 * kinds; a mailed code proves nothing beyond the mailbox, by which the password could be reset.
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
 * The methods as `amr` names them (RFC 8176, section 2; `fed` is ours, for a login at another provider): `mfa` only for two
 * kinds of factors. A mailed code is named only if it was the first factor.
 */
export const amrOf = (methods: readonly AuthenticationMethod[]): string[] => {
  const first = methods[0] === "EMAIL_CODE" ? ["otp"] : [];
  const names = [...new Set([...first, ...methods.flatMap((method) => AMR[method])])];
  const kinds = new Set(methods.flatMap((method) => KINDS[method]));
  return kinds.size > 1 ? [...names, "mfa"] : names;
};

interface Standing extends Expiring {
  readonly userStatus: string;
  readonly memberships: readonly HeldMembership[];
}

/** Whether a live session may be used: its user is active, and a member of a tenant that is not suspended. */
export const isUsable = (session: Standing, now: Date): boolean =>
  isLive(session, now) && session.userStatus === "ACTIVE" && session.memberships.some(isUsableMembership);

/** What an access token says of its user, and a connection that stays open was opened with. */
export interface Claimed {
  readonly userId: UserId;
  /** The tenant that the token is for. */
  readonly tenantId: TenantId;
  readonly isOperator: boolean;
  readonly roles: readonly string[];
  /** Null: the token of the previous version, which does not say. */
  readonly permissions: readonly string[] | null;
}

/** What is known of a session's user, to compare with what was claimed. */
export interface Subject {
  readonly userId: UserId;
  readonly isOperator: boolean;
  readonly memberships: readonly HeldMembership[];
}

/**
 * The standing of a session whose access token was accepted earlier. OUTDATED: the session lives, but the user's roles or
 * permissions have changed since, so a new access token is needed. NOT_A_MEMBER: the session lives, but the user may no longer
 * work in the tenant of the token.
 */
export type SessionStanding = "LIVE" | "OUTDATED" | "NOT_A_MEMBER" | "ENDED";

/** As JSON: the name of a role may contain a comma, or whatever else would separate names. */
const areSame = (some: readonly string[], others: readonly string[]): boolean =>
  JSON.stringify(some) === JSON.stringify(others);

/** How what was claimed of the user stands now, on a session that lives. */
export const judgeClaims = (
  { isOperator, memberships }: Subject,
  claimed: Claimed,
  now: Date,
  catalogue: Pick<PermissionCatalogue, "accessOf">,
): { readonly standing: "LIVE"; readonly access: Access } | { readonly standing: "OUTDATED" | "NOT_A_MEMBER" } => {
  const membership = openMembershipIn(memberships, claimed.tenantId, now);
  if (membership === null) return { standing: "NOT_A_MEMBER" };
  const access = catalogue.accessOf(membership, { isOperator });
  const isSame =
    isOperator === claimed.isOperator &&
    areSame(access.roles, claimed.roles) &&
    (claimed.permissions === null || areSame(access.permissions, claimed.permissions));
  return isSame ? { standing: "LIVE", access } : { standing: "OUTDATED" };
};

/** The standing of a session as the database has it now; null if it has none. */
export const standingOf = (
  session: (Standing & Subject) | null,
  claimed: Claimed,
  now: Date,
  catalogue: Pick<PermissionCatalogue, "accessOf">,
): SessionStanding => {
  if (!session || session.userId !== claimed.userId || !isUsable(session, now)) return "ENDED";
  return judgeClaims(session, claimed, now, catalogue).standing;
};
