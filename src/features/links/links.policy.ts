import type { Client } from "#shared/client";
import { DAY, HOUR } from "#shared/durations";
import type { ChallengeId, SessionId, SocialAccountId, TenantId, UserId } from "#shared/ids";
import type { RiskAssessment } from "#shared/risk";
import type { Role } from "#shared/roles";

/** What a link in a mail allows, once. */
export const LINK_PURPOSES = [
  "verify-email",
  "change-email",
  "undo-email-change",
  "reset-password",
  "confirm-login",
  "deny-login",
  "cancel-factor-reset",
  "invitation",
  "activate",
] as const;
export type LinkPurpose = (typeof LINK_PURPOSES)[number];

/** By any of these somebody gets in who has proved no address yet. Once one was followed, the user's others are dead. */
export const ENTRY_PURPOSES = ["verify-email", "activate", "invitation"] as const satisfies readonly LinkPurpose[];
export type EntryPurpose = (typeof ENTRY_PURPOSES)[number];

/** How long each kind of link is good, in milliseconds. */
export const LINK_LIFETIME: Readonly<Record<LinkPurpose, number>> = {
  "verify-email": 24 * HOUR,
  "change-email": 24 * HOUR,
  "undo-email-change": 72 * HOUR,
  "reset-password": HOUR,
  "confirm-login": HOUR,
  "deny-login": 72 * HOUR,
  "cancel-factor-reset": 72 * HOUR,
  invitation: 7 * DAY,
  activate: 7 * DAY,
};

/**
 * How many unused links of a purpose a user may have: issuing another one ends the oldest. Not listed: any number. Several reset
 * links are valid, because mails arrive late and out of order, and people request another one before they open the first.
 */
export const MOST_UNUSED_LINKS: Readonly<Partial<Record<LinkPurpose, number>>> = {
  "change-email": 1,
  "reset-password": 3,
};

/**
 * How long a link stays that nobody used, once it has expired, in milliseconds. Whoever comes too late asks for another
 * (`resendVerificationEmail`), and that one does what the first would have done.
 */
export const KEPT_AFTER_EXPIRY = 30 * DAY;

/** What a link does when it is used, beyond its purpose. */
export interface LinkPayload {
  /** verify-email, activate: what the person who asked for this very link wanted; whoever follows it gets that and no one else's. */
  readonly registration?: {
    /** Null: none was wanted, as who asks logs in by an account at a provider. */
    readonly passwordHash: string | null;
    readonly username: string | null;
    readonly name: string | null;
    readonly locale: string;
    /** Whose user the person is to be. Absent: of the tenant where the user is. */
    readonly tenantId?: TenantId;
  };
  /** invitation: what this very link makes of whoever follows it, in the link's tenant. */
  readonly invitation?: {
    readonly name: string | null;
    readonly roles: readonly Role[];
    readonly locale: string;
    readonly invitedBy: UserId;
  };
  /** change-email: the address to take. undo-email-change: the address to give back. */
  readonly email?: string;
  /** undo-email-change: how the change was requested. */
  readonly requested?: {
    readonly by: SessionId;
    /** With a factor or from a device that the user had long before: then a password alone does not undo it. */
    readonly strongly: boolean;
  };
  /** confirm-login: the login that its user is asked about. */
  readonly challengeId?: ChallengeId;
  /** deny-login: the login on a new device that its user is told about. */
  readonly login?: {
    /** The session that it opened. */
    readonly sessionId: SessionId;
    readonly identifier: string;
    /** Who logged in, and from where. */
    readonly client: Client;
    readonly risk: RiskAssessment;
    /** The account at a provider by which the session was opened. */
    readonly socialAccountId: SocialAccountId | null;
  };
  /** deny-login: the session whose tokens another network has. */
  readonly claim?: { readonly sessionId: SessionId; readonly client: Client };
}
