import type { Db } from "../../platform/database/database.ts";
import type { Client } from "../../shared/client.ts";
import { AppError, assertNever } from "../../shared/errors.ts";
import type { AuthenticationMethod, Factor } from "../../shared/factors.ts";
import type { BegunChallenge, ChallengeReason, ChallengesService, Delivery } from "../challenges/index.ts";
import type { RecognisedDevice } from "../devices/index.ts";
import { findUserForUpdate } from "../users/index.ts";
import { maskEmail } from "./factors/email-code/email-codes.policy.ts";
import type { EmailCodesService } from "./factors/email-code/email-codes.service.ts";
import { factorsOf } from "./factors/mfa.policy.ts";
import { afterFirstFactor, type NextStep } from "./login.flow.ts";
import { type LoginOutcome, obstacleTo } from "./login.policy.ts";
import { type Candidate, findStanding, type Standing } from "./login.repository.ts";
import type { LoginAttemptLog } from "./login-attempt-log.ts";
import type { LoginCompletion, LoginGrant } from "./login-completion.ts";

/** A login whose first factor was right. */
export interface BegunLogin {
  readonly candidate: Candidate;
  readonly identifier: string;
  readonly client: Client;
  readonly device: RecognisedDevice;
  readonly methods: readonly AuthenticationMethod[];
  readonly delivery: Delivery;
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

/** Where a login stands after a step. */
export type LoginStep = LoginGrant | SecondFactorStep;

export interface LoginStepsDeps {
  readonly db: Db;
  readonly challenges: Pick<ChallengesService, "begin">;
  readonly emailCodes: Pick<EmailCodesService, "send">;
  readonly completion: LoginCompletion;
  readonly attempts: LoginAttemptLog;
  /** Told what each attempt came to, once that is sure. */
  readonly onOutcome?: (outcome: LoginOutcome) => void;
}

/** Takes the step that follows a first factor: login.flow.ts says which. */
export class LoginSteps {
  readonly #deps: LoginStepsDeps;

  constructor(deps: LoginStepsDeps) {
    this.#deps = deps;
  }

  /**
   * `settle` runs in the transaction of whichever step it is. "OUTDATED" where the account changed since it was read: then
   * nothing is kept, and the login begins anew. Throws FORBIDDEN with what keeps the account out, RATE_LIMITED where too
   * many codes were mailed.
   */
  async take(login: BegunLogin, settle: (tx: Db) => Promise<void>): Promise<LoginStep | "OUTDATED"> {
    const { user, mfa, requireSecondFactor, tenantStatus } = login.candidate;
    const obstacle = obstacleTo({ ...user, tenantStatus });
    if (obstacle) return this.#deps.completion.keepOut({ ...login, user }, obstacle, settle);
    const next = afterFirstFactor(mfa, { requireSecondFactor });
    switch (next.kind) {
      case "SESSION":
        return this.#open(login, settle);
      case "SECOND_FACTOR":
        return this.#challenge(login, next, settle);
      default:
        return assertNever(next);
    }
  }

  #open(login: BegunLogin, settle: (tx: Db) => Promise<void>): Promise<LoginGrant | "OUTDATED"> {
    const { candidate } = login;
    const { user } = candidate;
    const proved = { ...login, user, trustDevice: false, mfaRecommended: true };
    return this.#deps.completion.complete(proved, async (tx) => {
      const [standing] = await Promise.all([findStanding(tx, user.id), settle(tx)]);
      return isUnchanged(standing, candidate) ? null : "OUTDATED";
    });
  }

  /** The login stops half-way: what is still to be proved is asked for, and mailed where it is a code. */
  async #challenge(
    { candidate, identifier, client, device: recognised, methods, delivery }: BegunLogin,
    { factors, reason }: Extract<NextStep, { kind: "SECOND_FACTOR" }>,
    settle: (tx: Db) => Promise<void>,
  ): Promise<SecondFactorStep | "OUTDATED"> {
    const { attempts, challenges, db, emailCodes } = this.#deps;
    const mailed = factors.includes("EMAIL_CODE");
    const begun = await db.transaction(async (tx): Promise<BegunChallenge | { retryAfter: number } | "OUTDATED"> => {
      const { id } = candidate.user;
      // Postgres does them in this order: what is read second is true behind the lock.
      const [user, standing] = await Promise.all([findUserForUpdate(tx, id), findStanding(tx, id)]);
      if (!user || !isUnchanged(standing, candidate)) return "OUTDATED";
      const begin = challenges.begin(tx, {
        user,
        recognised,
        reason,
        factors: [...factors],
        methods: [...methods],
        identifier,
        device: client.device,
        delivery,
      });
      const record = attempts.record(tx, { identifier, user, client, outcome: "CHALLENGED" });
      const [challenge] = await Promise.all([begin, settle(tx), record]);
      if (!mailed) return challenge;
      const sent = await emailCodes.send(tx, { user, subject: challenge.id, template: "login-code", client });
      return sent.outcome === "SENT" ? challenge : sent;
    });
    if (begun === "OUTDATED") return begun;
    if ("retryAfter" in begun) throw new AppError("RATE_LIMITED", { retryAfter: begun.retryAfter });
    this.#deps.onOutcome?.("CHALLENGED");
    const sentTo = mailed ? maskEmail(candidate.user.email) : null;
    return { challenge: begun.token, reason, factors, sentTo, expiresAt: begun.expiresAt };
  }
}

/** Whether the login still rests on what was weighed, and still ends in what was decided: same password, same factors. */
const isUnchanged = (standing: Standing | null, { hash, mfa }: Candidate): boolean =>
  standing !== null && standing.hash === hash && factorsOf(standing.mfa).join() === factorsOf(mfa).join();
