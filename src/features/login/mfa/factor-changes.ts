import type { AuditLog } from "#features/audit/index";
import type { ChallengesService } from "#features/challenges/index";
import type { SessionAuthMethods, SessionsService } from "#features/sessions/index";
import { findUserForUpdate, type User, updateUser } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { MailQueue } from "#platform/mail/index";
import type { Actor } from "#shared/actor";
import { AppError } from "#shared/errors";
import { toLocale } from "#shared/locales";
import type { Viewer } from "#shared/viewer";
import { MFA_CHANGED } from "../mails/mfa-changed.ts";
import { deleteBackupCodes } from "../second-factors/backup-code/backup-codes.repository.ts";
import {
  authMethodGained,
  authMethodsRevoked,
  eventsOf,
  type FactorChange,
  type MfaTransition,
} from "./factor-changes.policy.ts";
import { isMfaEnabled, type MfaState } from "./mfa.policy.ts";
import { findMfa } from "./mfa.repository.ts";

export interface FactorChangesDeps {
  readonly clock: Clock;
  readonly sessions: Pick<SessionsService, "withSessionInvalidation" | "completeEnrolment">;
  readonly authMethods: SessionAuthMethods;
  readonly challenges: Pick<ChallengesService, "revoke">;
  readonly events: Pick<AuditLog, "record">;
  readonly mails: Pick<MailQueue, "enqueue">;
}

/** Makes the change on the locked user and describes it; null if there was nothing to change. */
type FactorChangeWork<Result> = (
  tx: Db,
  user: User,
  before: MfaState,
) => Promise<{ readonly change: FactorChange; readonly result: Result } | null>;

/**
 * Every change of a user's second factors goes through here, so that none of its effects is missed: the audit log and a mail to
 * the owner record it, unfinished logins start again, and sessions lose proofs that are no longer valid.
 */
export class FactorChanges {
  constructor(private readonly deps: FactorChangesDeps) {}

  /**
   * Makes a change of the viewer's factors in one transaction.
   * @returns the result and the current factors; null if `work` returned null and nothing has changed
   * @throws {AppError} UNAUTHENTICATED if the user is deleted or the session has ended, REAUTHENTICATION_REQUIRED if its elevations
   * were revoked
   */
  apply<Result>(
    actor: Actor,
    work: FactorChangeWork<Result>,
  ): Promise<{ readonly result: Result; readonly mfa: MfaState } | null> {
    const { userId } = actor.viewer;
    return this.deps.sessions.withSessionInvalidation(userId, async (tx) => {
      const user = await findUserForUpdate(tx, userId);
      const before = user && (await findMfa(tx, userId));
      if (!user || !before) throw new AppError("UNAUTHENTICATED");
      // Some changes start with a step-up and are completed later. They must not be completed on a session that has ended or whose
      // elevations were revoked in between.
      await this.deps.authMethods.require(tx, actor.viewer);
      const done = await work(tx, user, before);
      if (done === null) return null;
      return { result: done.result, mfa: await this.#applyConsequences(tx, actor, user, before, done.change) };
    });
  }

  async #applyConsequences(
    tx: Db,
    { viewer, client }: Actor,
    user: User,
    before: MfaState,
    change: FactorChange,
  ): Promise<MfaState> {
    const { challenges, clock, events, mails } = this.deps;
    const { id: userId, tenantId, name, email: to } = user;
    await challenges.revoke(tx, userId);
    const left = (await findMfa(tx, userId)) ?? before;
    const transition = { before: isMfaEnabled(before), after: isMfaEnabled(left) };
    if (transition.after) await this.#completeEnrolment(tx, viewer, user);
    await this.#adjustSessions(tx, { viewer, client }, change, transition);
    // Backup codes replace another factor. Without one they are useless, and they must not become valid for the next one.
    if (!transition.after) await deleteBackupCodes(tx, userId);

    await events.record(tx, ...eventsOf(change, transition).map((event) => ({ ...event, tenantId, userId, client })));
    const data = { name, at: clock.now(), change: change.kind };
    await mails.enqueue(tx, MFA_CHANGED, { to, locale: toLocale(user.locale), data });
    return transition.after ? left : { ...left, backupCodesLeft: 0 };
  }

  /** The user had to add a factor and has one now, so the session becomes a full one. */
  async #completeEnrolment(tx: Db, { enrolmentOnly, sessionId }: Viewer, user: User): Promise<void> {
    if (user.mustEnrol) await updateUser(tx, user.id, { mustEnrol: false });
    if (enrolmentOnly) await this.deps.sessions.completeEnrolment(tx, sessionId);
  }

  async #adjustSessions(
    tx: Db,
    { viewer, client }: Actor,
    change: FactorChange,
    transition: MfaTransition,
  ): Promise<void> {
    const { authMethods } = this.deps;
    // Other sessions were authenticated before there was a second factor, which is no longer sufficient.
    if (!transition.before && transition.after) await authMethods.revokeOtherElevations(tx, viewer);
    await authMethods.revoke(tx, viewer, authMethodsRevoked(change, transition), client);
    const gained = authMethodGained(change);
    if (gained) await authMethods.add(tx, viewer, gained);
  }
}
