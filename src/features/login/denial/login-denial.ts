import type { AuditLog } from "#features/audit/index";
import type { ChallengesService, PendingLink } from "#features/challenges/index";
import type { DevicesService } from "#features/devices/index";
import type { Link, LinksService } from "#features/links/index";
import { RESET_PASSWORD_LINK } from "#features/passwords/index";
import type { DeniedNetworks } from "#features/risk/index";
import { DENY_LOGIN_LINK, type Session, type SessionsService } from "#features/sessions/index";
import { findUserForUpdate, type User, updateUser } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { MailQueue } from "#platform/mail/index";
import type { TransactionEvents } from "#platform/transaction-events";
import type { ClientInfo } from "#shared/client-info";
import { AppError } from "#shared/errors";
import type { ChallengeId, SessionId, SocialAccountId } from "#shared/ids";
import { toLocale } from "#shared/locales";
import { NO_RISK, type RiskAssessment } from "#shared/risk";
import type { LoginAttemptLog } from "../attempts/login-attempt-log.ts";
import { loginDenied } from "../flow/login.events.ts";
import { CONFIRM_LOGIN_LINK } from "../link-purposes.ts";
import { socialLoginDenied } from "../login.hooks.ts";
import { ACCOUNT_SECURED } from "../mails/account-secured.ts";
import type { FactorResets } from "../resets/factor-resets.service.ts";
import type { Added, CredentialCleanup } from "./credential-cleanup.ts";

export interface LoginDenialDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly challenges: Pick<ChallengesService, "deny" | "revoke">;
  readonly links: Pick<LinksService, "purposeOf" | "find" | "consume" | "issue" | "revoke">;
  readonly devices: Pick<DevicesService, "forgetAll">;
  readonly cleanup: Pick<CredentialCleanup, "removeSuspicious">;
  readonly factorResets: Pick<FactorResets, "cancel">;
  readonly sessions: Pick<SessionsService, "withSessionInvalidation" | "endAll">;
  readonly deniedNetworks: Pick<DeniedNetworks, "mark">;
  readonly attempts: LoginAttemptLog;
  readonly events: Pick<AuditLog, "record">;
  readonly mails: Pick<MailQueue, "enqueue">;
  readonly hooks: Pick<TransactionEvents, "raise">;
}

/** A login that its user denied. */
interface DeniedLogin {
  readonly identifier: string;
  /** The client that logged in. */
  readonly client: ClientInfo;
  readonly risk: RiskAssessment;
  readonly socialAccountId: SocialAccountId | null;
  /** Set if the login was not completed, and would have linked that account. */
  readonly pendingLink?: PendingLink | null;
  /** The session that it opened or claimed; null if it was denied before. */
  readonly sessionId: SessionId | null;
  /** The credentials that may have been added with it. */
  readonly added: Added;
}

/** The links that deny a login: before it is completed, and after it succeeded on a new device. */
type DenialLink = Link<{ readonly challengeId?: ChallengeId } & NonNullable<(typeof DENY_LOGIN_LINK)["payload"]>>;

/** *No, that was not me*: the user denies a login with the link in a mail. */
export class LoginDenial {
  constructor(private readonly deps: LoginDenialDeps) {}

  /**
   * Secures the account against the attacker who logged in, and who knows the password or controls the account at a provider. An
   * unfinished login is invalidated, all sessions are ended, the password must be reset with a mailed link, and that provider account
   * can no longer be used. All known devices are deleted, credentials created by this or another suspicious session are removed, and
   * the network becomes suspicious for the tenant.
   * @throws {AppError} INVALID_TOKEN
   */
  async deny(
    token: string,
    client: ClientInfo,
  ): Promise<{ endedSessionIds: SessionId[]; passwordResetRequired: boolean }> {
    const { db, links, sessions } = this.deps;
    const purpose = links.purposeOf(token);
    if (purpose !== CONFIRM_LOGIN_LINK && purpose !== DENY_LOGIN_LINK) throw new AppError("INVALID_TOKEN");
    const link: DenialLink | null = await links.find(db, purpose, token);
    if (!link) throw new AppError("INVALID_TOKEN");
    const ended = await sessions.withSessionInvalidation(link.userId, async (tx) => {
      const user = await findUserForUpdate(tx, link.userId);
      if (!user || !(await links.consume(tx, purpose, token))) return null;
      const denied = await this.#loginOf(tx, link, user);
      return denied && this.#lockDownAccount(tx, user, denied, client);
    });
    if (ended === null) throw new AppError("INVALID_TOKEN");
    return { endedSessionIds: ended.map(({ id }) => id), passwordResetRequired: true };
  }

  /** The login of the link; null if it waited for confirmation and was answered or is over. */
  async #loginOf(tx: Db, link: DenialLink, user: User): Promise<DeniedLogin | null> {
    const { login, claim, challengeId } = link.payload;
    if (login) return { ...login, added: { since: null, by: [login.sessionId] } };
    if (claim) {
      // The session was its owner's before the claim, so credentials from then stay, and so does the provider account that opened it.
      const added = { since: link.createdAt, by: [] };
      return { ...claim, identifier: user.emailCanonical, risk: NO_RISK, socialAccountId: null, added };
    }
    const pending = challengeId ? await this.deps.challenges.deny(tx, challengeId) : null;
    const { socialAccountId = null } = pending ?? {};
    return pending && { ...pending, socialAccountId, sessionId: null, added: { since: null, by: [] } };
  }

  /** @returns the sessions that were ended */
  async #lockDownAccount(tx: Db, user: User, denied: DeniedLogin, client: ClientInfo): Promise<Session[]> {
    const { attempts, challenges, cleanup, clock, devices, events, factorResets, links, mails } = this.deps;
    const { sessions, deniedNetworks } = this.deps;
    const { added, identifier, client: deniedClient, risk, sessionId, socialAccountId: id, pendingLink } = denied;
    await updateUser(tx, user.id, { passwordResetRequired: true });
    const unlinkedAt = pendingLink?.provider ?? null;
    if (id) await this.deps.hooks.raise(tx, socialLoginDenied, { user, id, unlinkedAt, client });
    const ended = await sessions.endAll(tx, user, "LOGIN_DENIED", { client });
    const endedSessions = ended.length;
    await challenges.revoke(tx, user.id);
    // Links in the mails about other logins stay valid: each refers to another session, address and method.
    await links.revoke(tx, user.id, ["CREDENTIALS_CHANGED", CONFIRM_LOGIN_LINK]);
    await devices.forgetAll(tx, user.id);
    await cleanup.removeSuspicious(tx, user, client, added);
    await factorResets.cancel(tx, user, client);
    await deniedNetworks.mark(tx, user.tenantId, deniedClient.ipAddress);
    await attempts.record(tx, { identifier, user, client: deniedClient, outcome: "DENIED", risk });
    await events.record(tx, loginDenied(user, deniedClient, { endedSessions, ...(sessionId && { sessionId }) }));
    const link = await links.issue(tx, { user, purpose: RESET_PASSWORD_LINK, payload: {} });
    const data = { name: user.name, at: clock.now(), endedSessions };
    await mails.enqueue(tx, ACCOUNT_SECURED, { to: user.email, locale: toLocale(user.locale), data, link });
    return ended;
  }
}
