import type {
  BegunChallenge,
  ChallengeReason,
  ChallengesService,
  Delivery,
  PendingLink,
} from "#features/challenges/index";
import type { RecognisedDevice } from "#features/devices/index";
import type { LinksService } from "#features/links/index";
import { findUserForUpdate, type User } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { MailQueue } from "#platform/mail/index";
import type { Client } from "#shared/client";
import { AppError, assertNever } from "#shared/errors";
import type { AuthenticationMethod, Factor } from "#shared/factors";
import type { SessionId, SocialAccountId } from "#shared/ids";
import { toLocale } from "#shared/locales";
import { maskEmail } from "#shared/masked-email";
import type { RiskAssessment } from "#shared/risk";
import type { LoginAttemptLog } from "../attempts/login-attempt-log.ts";
import { CONFIRM_LOGIN_LINK } from "../link-purposes.ts";
import { NEW_LOGIN_CONFIRMATION } from "../mails/new-login-confirmation.ts";
import { factorsOf } from "../mfa/mfa.policy.ts";
import type { EmailCodesService } from "../second-factors/email-code/email-codes.service.ts";
import { describeClient } from "./login.mails.ts";
import { type LoginOutcome, obstacleTo } from "./login.policy.ts";
import { type Candidate, findStanding, type Standing } from "./login.repository.ts";
import type { LoginCompletion, LoginGrant } from "./login-completion.ts";
import { afterFirstFactor, loginPolicyFor, type NextStep } from "./next-step.ts";

/** A login whose first factor was right. */
export interface BegunLogin {
  readonly candidate: Candidate;
  readonly identifier: string;
  readonly client: Client;
  readonly device: RecognisedDevice;
  readonly methods: readonly AuthenticationMethod[];
  /** The account at a provider among them. */
  readonly socialAccountId?: SocialAccountId | null;
  /** Set if that account is linked by the end of the login, and by nothing before. */
  readonly pendingLink?: PendingLink | null;
  /** The session that created the credential that was proved. */
  readonly createdBySession?: SessionId | null;
  readonly delivery: Delivery;
  /** Whether the device is the user's own from now on; not if another step follows, which says so itself. */
  readonly trustDevice?: boolean;
  readonly risk: RiskAssessment;
}

/** A login that waits for a second factor. */
export interface SecondFactorStep {
  readonly challenge: string;
  readonly reason: ChallengeReason;
  /** What the user may prove, the one to offer first in front. */
  readonly factors: readonly Factor[];
  /** Where a code was sent, masked. */
  readonly sentTo: string | null;
  readonly expiresAt: Date;
}

/** A login that waits for its user to confirm it by mail. */
export interface ConfirmationStep {
  readonly challenge: string;
  /** What the user types to confirm it. */
  readonly number: string;
  /** Where the mail was sent, masked. */
  readonly sentTo: string;
  readonly expiresAt: Date;
}

/** Where a login stands after a step. */
export type LoginStep = LoginGrant | SecondFactorStep | ConfirmationStep;

export interface LoginStepsDeps {
  readonly db: Db;
  readonly challenges: Pick<ChallengesService, "begin" | "numberOf">;
  readonly emailCodes: Pick<EmailCodesService, "sendForLogin">;
  readonly completion: LoginCompletion;
  readonly attempts: LoginAttemptLog;
  readonly links: Pick<LinksService, "issue">;
  readonly mails: Pick<MailQueue, "admit" | "enqueue">;
  readonly clock: Clock;
  /** Told what each attempt came to, once that is sure. */
  readonly onOutcome?: (outcome: LoginOutcome) => void;
}

/** Takes the step that follows a first factor: next-step.ts says which. */
export class LoginSteps {
  constructor(private readonly deps: LoginStepsDeps) {}

  /**
   * `settle` runs in the transaction of whichever step it is. "OUTDATED" where the account changed since it was read: then
   * nothing is kept, and the login begins anew. Throws FORBIDDEN with what keeps the account out, RATE_LIMITED where too
   * many codes or confirmations were mailed.
   */
  async take(login: BegunLogin, settle: (tx: Db) => Promise<void>): Promise<LoginStep | "OUTDATED"> {
    const { user, mfa, policy, tenantStatus } = login.candidate;
    const obstacle = obstacleTo({ ...user, tenantStatus });
    if (obstacle) return this.deps.completion.keepOut({ ...login, user }, obstacle, settle);
    const mailboxProved = login.methods.includes("EMAIL_CODE");
    const next = afterFirstFactor(mfa, loginPolicyFor(user, policy), login.risk, { ...user, mailboxProved });
    switch (next.kind) {
      case "SESSION":
        return this.#open(login, next.enrolmentOnly ?? false, settle);
      case "SECOND_FACTOR":
        return this.#askForFactor(login, next, settle);
      case "CONFIRMATION":
        return this.#askForConfirmation(login, settle);
      default:
        return assertNever(next);
    }
  }

  #open(
    login: BegunLogin,
    enrolmentOnly: boolean,
    settle: (tx: Db) => Promise<void>,
  ): Promise<LoginGrant | "OUTDATED"> {
    const { candidate, trustDevice = false } = login;
    const { user, sessionsFull } = candidate;
    const proved = { ...login, user, sessionsFull, trustDevice, enrolmentOnly, confirmed: false, mfaEnabled: false };
    return this.deps.completion.complete(proved, async (tx) => {
      const [standing] = await Promise.all([findStanding(tx, user.id), settle(tx)]);
      return isUnchanged(standing, candidate) ? null : "OUTDATED";
    });
  }

  /** What is still to be proved is asked for, and mailed where it is a code. */
  async #askForFactor(
    login: BegunLogin,
    { factors, reason }: Extract<NextStep, { kind: "SECOND_FACTOR" }>,
    settle: (tx: Db) => Promise<void>,
  ): Promise<SecondFactorStep | "OUTDATED"> {
    const mailed = factors.includes("EMAIL_CODE");
    const begun = await this.#challenge(login, { factors, reason }, settle, async (tx, user, challenge) => {
      if (!mailed) return null;
      const { client } = login;
      const sent = await this.deps.emailCodes.sendForLogin(tx, { user, subject: challenge.id, client });
      return sent.outcome === "SENT" ? null : sent.retryAfter;
    });
    if (begun === "OUTDATED") return begun;
    const sentTo = mailed ? maskEmail(login.candidate.user.email) : null;
    return { challenge: begun.token, reason, factors, sentTo, expiresAt: begun.expiresAt };
  }

  /** The user is asked by mail whether it was he. */
  async #askForConfirmation(
    login: BegunLogin,
    settle: (tx: Db) => Promise<void>,
  ): Promise<ConfirmationStep | "OUTDATED"> {
    const { challenges, clock, links, mails } = this.deps;
    const begun = await this.#challenge(login, { factors: [], reason: null }, settle, async (tx, user, challenge) => {
      const admission = await mails.admit(tx, NEW_LOGIN_CONFIRMATION, { to: user.email });
      if (!admission.admitted) return admission.retryAfter;
      const payload = { challengeId: challenge.id };
      const link = await links.issue(tx, { user, purpose: CONFIRM_LOGIN_LINK, payload });
      const { name, email: to } = user;
      const data = { name, at: clock.now(), ...describeClient(login.client) };
      const locale = toLocale(user.locale);
      await mails.enqueue(tx, NEW_LOGIN_CONFIRMATION, { to, locale, data, link }, { admitted: true });
      return null;
    });
    if (begun === "OUTDATED") return begun;
    const sentTo = maskEmail(login.candidate.user.email);
    return { challenge: begun.token, number: challenges.numberOf(begun.id), sentTo, expiresAt: begun.expiresAt };
  }

  /**
   * The login stops half-way. `ask` runs in the same transaction; where it may not mail yet it answers the seconds to wait.
   * Throws RATE_LIMITED.
   */
  async #challenge(
    { candidate, device: recognised, methods, ...login }: BegunLogin,
    { factors, reason }: { readonly factors: readonly Factor[]; readonly reason: ChallengeReason | null },
    settle: (tx: Db) => Promise<void>,
    ask: (tx: Db, user: User, challenge: BegunChallenge) => Promise<number | null>,
  ): Promise<BegunChallenge | "OUTDATED"> {
    const { attempts, challenges, db } = this.deps;
    const { identifier, client, delivery, risk, socialAccountId, pendingLink, createdBySession } = login;
    const begun = await db.transaction(async (tx): Promise<BegunChallenge | "OUTDATED" | number> => {
      const { id } = candidate.user;
      // Postgres does them in this order: what is read second is true behind the lock.
      const [user, standing] = await Promise.all([findUserForUpdate(tx, id), findStanding(tx, id)]);
      if (!user || !isUnchanged(standing, candidate)) return "OUTDATED";
      // Denied or suspended meanwhile: its owner must not be asked about one more.
      if (obstacleTo({ ...user, tenantStatus: candidate.tenantStatus })) return "OUTDATED";
      const begin = challenges.begin(tx, {
        user,
        client,
        recognised,
        reason,
        factors: [...factors],
        methods: [...methods],
        socialAccountId: socialAccountId ?? null,
        pendingLink: pendingLink ?? null,
        createdBySession: createdBySession ?? null,
        identifier,
        delivery,
        risk,
      });
      const record = attempts.record(tx, { identifier, user, client, outcome: "CHALLENGED", risk });
      const [challenge] = await Promise.all([begin, settle(tx), record]);
      return (await ask(tx, user, challenge)) ?? challenge;
    });
    if (typeof begun === "number") throw new AppError("RATE_LIMITED", { retryAfter: begun });
    if (begun !== "OUTDATED") this.deps.onOutcome?.("CHALLENGED");
    return begun;
  }
}

/** Whether the login still rests on what was weighed, and still ends in what was decided: same password, same factors. */
const isUnchanged = (standing: Standing | null, { hash, mfa }: Candidate): boolean =>
  standing !== null && standing.hash === hash && factorsOf(standing.mfa).join() === factorsOf(mfa).join();
