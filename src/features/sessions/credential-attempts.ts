import type { AuditLog } from "#features/audit/index";
import { observedDevice } from "#features/devices/index";
import { findUserForUpdate } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import { KeyedSemaphore } from "#platform/keyed-semaphore";
import type { MailQueue } from "#platform/mail/index";
import type { ClientInfo } from "#shared/client-info";
import { AppError } from "#shared/errors";
import type { AuthenticationMethod } from "#shared/factors";
import { toLocale } from "#shared/locales";
import type { Viewer } from "#shared/viewer";
import { STEP_UP_FAILED } from "./mails/step-up-failed.ts";
import {
  updateSessionFailureCounted,
  updateSessionFailuresReset,
  updateSessionFailureUncounted,
} from "./session-auth-methods.repository.ts";
import { sessionEnded, stepUpFailed } from "./sessions.events.ts";
import { MAX_FAILED_CREDENTIALS } from "./sessions.policy.ts";
import { updateSessionEnded } from "./sessions.repository.ts";
import type { SessionsService } from "./sessions.service.ts";

export interface CredentialAttemptsDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly sessions: Pick<SessionsService, "withSessionInvalidation">;
  readonly events: Pick<AuditLog, "record">;
  readonly mails: Pick<MailQueue, "enqueue">;
}

/** A signed-in user's attempt to verify a credential again, and the method. */
export interface CredentialAttempt {
  readonly viewer: Viewer;
  readonly client: ClientInfo;
  readonly method: AuthenticationMethod;
}

/** The outcome of an attempt. */
export type CredentialOutcome<Result> =
  | { readonly right: true; readonly result: Result }
  | { readonly right: false; readonly attemptsLeft: number };

/**
 * Counts wrong proofs of signed-in users. A stolen session must not lead to a stolen password or factor: the tenth consecutive
 * failure ends the session and mails its owner. Nothing else is locked, so that a thief cannot lock the owner out.
 */
export class CredentialAttempts {
  /** The proofs of one session run one at a time, so that guesses still being verified do not use up a correct proof's attempt. */
  readonly #locks = new KeyedSemaphore(1);

  constructor(private readonly deps: CredentialAttemptsDeps) {}

  /**
   * Runs `verify`, which returns null for a wrong proof. The attempt is counted before verification, so that parallel guesses
   * cannot exceed the limit. An error thrown by `verify` does not count as a wrong proof.
   * @throws {AppError} UNAUTHENTICATED if the session has ended or has no attempts left
   */
  verify<Result>(attempt: CredentialAttempt, verify: () => Promise<Result | null>): Promise<CredentialOutcome<Result>> {
    const { db } = this.deps;
    const { sessionId } = attempt.viewer;
    return this.#locks.run(sessionId, async () => {
      const failed = await updateSessionFailureCounted(db, sessionId, MAX_FAILED_CREDENTIALS);
      if (failed === null) throw new AppError("UNAUTHENTICATED");
      const result = await verify().catch(async (failure: unknown) => {
        await updateSessionFailureUncounted(db, sessionId);
        throw failure;
      });
      if (result === null) {
        await this.#noteFailure(attempt, failed);
        return { right: false, attemptsLeft: MAX_FAILED_CREDENTIALS - failed };
      }
      await updateSessionFailuresReset(db, sessionId);
      return { right: true, result };
    });
  }

  async #noteFailure({ viewer, client, method }: CredentialAttempt, failed: number): Promise<void> {
    const { db, events, sessions } = this.deps;
    const event = stepUpFailed(viewer, client, method);
    if (failed < MAX_FAILED_CREDENTIALS) return events.record(db, event);
    await sessions.withSessionInvalidation(viewer.userId, async (tx) => {
      await events.record(tx, event);
      await this.#end(tx, viewer, client);
    });
  }

  async #end(tx: Db, { userId, sessionId }: Viewer, client: ClientInfo): Promise<void> {
    const { clock, events, mails } = this.deps;
    const at = clock.now();
    const user = await findUserForUpdate(tx, userId);
    const ended = user && (await updateSessionEnded(tx, sessionId, at, "STEP_UP_FAILED"));
    if (!ended) return;
    await events.record(tx, sessionEnded(ended, "STEP_UP_FAILED", { client }));
    await mails.enqueue(tx, STEP_UP_FAILED, {
      to: user.email,
      locale: toLocale(user.locale),
      data: { name: user.name, at, device: observedDevice(ended.device), ipAddress: client.ipAddress },
    });
  }
}
