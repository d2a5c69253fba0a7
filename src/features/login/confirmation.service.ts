import type { Clock } from "../../platform/clock.ts";
import type { Db } from "../../platform/database/database.ts";
import type { MailQueue } from "../../platform/mail/index.ts";
import type { Client } from "../../shared/client.ts";
import { AppError } from "../../shared/errors.ts";
import type { ChallengeId, SocialAccountId } from "../../shared/ids.ts";
import { toLocale } from "../../shared/locales.ts";
import { maskEmail } from "../../shared/masked-email.ts";
import type { SecurityLog } from "../audit/index.ts";
import { type ChallengesService, challengeExpired, type PendingLogin } from "../challenges/index.ts";
import type { DevicesService } from "../devices/index.ts";
import type { LinkRow, LinksService } from "../links/index.ts";
import type { SuspiciousAddresses } from "../risk/index.ts";
import type { SessionsService } from "../sessions/index.ts";
import { findUserForUpdate, type User, updateUser } from "../users/index.ts";
import type { CredentialCleanup } from "./credential-cleanup.ts";
import type { FactorResets } from "./factors/resets/factor-resets.service.ts";
import { loginConfirmed, loginDenied } from "./login.events.ts";
import { obstacleTo } from "./login.policy.ts";
import type { LoginAttemptLog } from "./login-attempt-log.ts";
import type { LoginCompletion, LoginGrant } from "./login-completion.ts";
import type { ConfirmationStep } from "./login-steps.ts";

/** The account at a provider by which a denied login came. */
export interface DeniedAccount {
  readonly id: SocialAccountId;
  /** Set if the login would have linked it: the provider's id in the settings. */
  readonly unlinkedAt?: string | null;
}

export interface ConfirmationDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly challenges: ChallengesService;
  readonly links: Pick<LinksService, "find" | "consume" | "issue" | "revoke">;
  readonly devices: Pick<DevicesService, "trust" | "forgetAll">;
  readonly cleanup: Pick<CredentialCleanup, "removeSuspicious">;
  readonly factorResets: Pick<FactorResets, "cancel">;
  readonly sessions: Pick<SessionsService, "changing" | "endAll">;
  readonly suspiciousAddresses: Pick<SuspiciousAddresses, "mark">;
  readonly completion: LoginCompletion;
  readonly attempts: LoginAttemptLog;
  readonly events: Pick<SecurityLog, "record">;
  readonly mails: Pick<MailQueue, "enqueue">;
  /** Takes the account at a provider from its user by which somebody else came: as with the password, that way is shut. */
  readonly takeSocialAccount: (tx: Db, user: User, denied: DeniedAccount, client: Client) => Promise<void>;
}

/** Logins that wait for their user to say by mail that it was he: said on any device, collected by the one that waits. */
export class ConfirmationService {
  readonly #deps: ConfirmationDeps;

  constructor(deps: ConfirmationDeps) {
    this.#deps = deps;
  }

  /** It was the user: the device that waits is his, and may collect its session. Throws INVALID_TOKEN. */
  async confirm(token: string, client: Client): Promise<PendingLogin> {
    const { challenges, db, devices, events, links } = this.#deps;
    const link = await this.#find(token);
    const confirmed = await db.transaction(async (tx) => {
      const user = await findUserForUpdate(tx, link.userId);
      if (!user || !(await links.consume(tx, "confirm-login", token))) return null;
      const pending = await challenges.confirm(tx, challengeIn(link));
      if (!pending) return null;
      await devices.trust(tx, user, pending.recognised, pending.client);
      await events.record(tx, loginConfirmed(user, client));
      return pending;
    });
    if (!confirmed) throw new AppError("INVALID_TOKEN");
    return confirmed;
  }

  /**
   * It was somebody else, who knows the password or has the account at a provider: the login is dead, all sessions end, the
   * password must be reset by a link that is mailed, that account opens nothing any more, all known devices are forgotten,
   * credentials that a suspicious session created are removed, and the address is suspicious. Throws INVALID_TOKEN.
   */
  async deny(token: string, client: Client): Promise<{ endedSessions: number; passwordResetRequired: boolean }> {
    const { links, sessions } = this.#deps;
    const link = await this.#find(token);
    const endedSessions = await sessions.changing(link.userId, async (tx) => {
      const user = await findUserForUpdate(tx, link.userId);
      if (!user || !(await links.consume(tx, "confirm-login", token))) return null;
      const denied = await this.#deps.challenges.deny(tx, challengeIn(link));
      return denied && this.#secure(tx, denied, client);
    });
    if (endedSessions === null) throw new AppError("INVALID_TOKEN");
    return { endedSessions, passwordResetRequired: true };
  }

  /**
   * Gives the client that waits its session, once the login was confirmed; until then, what it waits for. Throws
   * INVALID_TOKEN/CHALLENGE_EXPIRED, FORBIDDEN/LOGIN_DENIED, BAD_REQUEST for a login that waits for a second factor.
   */
  async resume(challenge: string, client: Client): Promise<LoginGrant | ConfirmationStep> {
    const { challenges, completion } = this.#deps;
    const pending = await challenges.get(challenge);
    if (pending.reason) throw new AppError("BAD_REQUEST", { message: "This login waits for a second factor." });
    const { user, tenantStatus, recognised: device } = pending;
    if (pending.status === "WAITING") return { challenge, sentTo: maskEmail(user.email), expiresAt: pending.expiresAt };
    if (obstacleTo({ ...user, tenantStatus })) throw challengeExpired();
    const proved = {
      ...pending,
      device,
      // The name that the device was given when the login began; the address is the one it ends at.
      client: { ...client, device: pending.client.device },
      trustDevice: true,
      confirmed: true,
      mfaEnabled: false,
    };
    const grant = await completion.complete(proved, async (tx) =>
      (await challenges.consume(tx, pending.id)) ? null : "SPENT",
    );
    if (grant === "SPENT" || grant === "OUTDATED") throw challengeExpired();
    return grant;
  }

  async #find(token: string): Promise<LinkRow> {
    const { db, links } = this.#deps;
    const link = await links.find(db, "confirm-login", token);
    if (!link) throw new AppError("INVALID_TOKEN");
    return link;
  }

  /** Answers how many sessions ended. */
  async #secure(tx: Db, denied: PendingLogin, client: Client): Promise<number> {
    const {
      attempts,
      challenges,
      cleanup,
      clock,
      devices,
      events,
      factorResets,
      links,
      mails,
      sessions,
      suspiciousAddresses,
    } = this.#deps;
    const { user, identifier, client: stranger, risk, socialAccountId: id, pendingLink } = denied;
    await updateUser(tx, user.id, { passwordResetRequired: true });
    const unlinkedAt = pendingLink?.provider ?? null;
    if (id) await this.#deps.takeSocialAccount(tx, user, { id, unlinkedAt }, client);
    const endedSessions = await sessions.endAll(tx, user, "LOGIN_DENIED", { client });
    await challenges.revoke(tx, user.id);
    await links.revoke(tx, user.id, ["change-email", "reset-password", "confirm-login"]);
    await devices.forgetAll(tx, user.id);
    await cleanup.removeSuspicious(tx, user, client);
    await factorResets.cancel(tx, user, client);
    await suspiciousAddresses.mark(tx, user.tenantId, stranger.ipAddress);
    await attempts.record(tx, { identifier, user, client: stranger, outcome: "DENIED", risk });
    await events.record(tx, loginDenied(user, stranger, endedSessions));
    const link = await links.issue(tx, { user, purpose: "reset-password" });
    const data = { name: user.name, at: clock.now(), endedSessions };
    const mail = { to: user.email, locale: toLocale(user.locale), data, link };
    await mails.enqueue(tx, { template: "account-secured", ...mail });
    return endedSessions;
  }
}

const challengeIn = ({ id, payload }: LinkRow): ChallengeId => {
  if (payload.challengeId === undefined) throw new Error(`Link ${id} names no login.`);
  return payload.challengeId;
};
