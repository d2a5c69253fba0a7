import type { AuditLog } from "#features/audit/index";
import type { User } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import { KeyedSemaphore } from "#platform/keyed-semaphore";
import type { ConsumeResult, Limits } from "#platform/limits/limits";
import type { MailQueue } from "#platform/mail/index";
import type { ClientInfo } from "#shared/client-info";
import { after, SECOND } from "#shared/durations";
import { AppError } from "#shared/errors";
import type { Factor } from "#shared/factors";
import type { DeviceId, SessionId, UserId } from "#shared/ids";
import { toLocale } from "#shared/locales";
import { secondFactorsLocked, secondFactorWrong } from "../flow/login.events.ts";
import type { LoginEnd } from "../flow/login.ts";
import { MFA_LOCKED } from "../mails/mfa-locked.ts";

const MINUTES = 60;
const DAYS = 24 * 60 * MINUTES;

/** How many wrong codes of one user are verified, across all factors and logins. */
const CODE_LIMITS = {
  /** Reaching it locks codes for these clients and sends a mail. */
  lock: { limit: 5, window: 15 * MINUTES },
  /** Counts until a code is right or the password is reset by mail (NIST SP 800-63B-4, section 3.2.2). */
  consecutive: { limit: 100, window: 365 * DAYS },
  /** Counts the locks since the last right code: each lasts twice as long as the previous one. */
  locks: { limit: 1_000, window: 365 * DAYS },
} as const;

const LONGEST_LOCK = 24 * 60 * MINUTES;

/** The duration of the nth lock in seconds, n starting at 1: 15 minutes, doubled each time, up to a day. */
export const lockSeconds = (number: number): number =>
  Math.min(LONGEST_LOCK, CODE_LIMITS.lock.window * 2 ** Math.min(number - 1, 32));

/**
 * The limit on rejected passkeys that are recorded in the audit log, per user. They do not count as guesses, because a key
 * cannot be guessed. Without the limit, a signed-in user or an attacker who knows the password could fill the log.
 */
const MAX_RECORDED_REFUSALS = { limit: 20, window: 15 * MINUTES };

/** The counter to reset when the owner has verified themselves by mail. The lock stays, so that a mailbox does not speed up guessing. */
export const consecutiveCodesKey = (userId: UserId): string => `codes:consecutive:${userId}`;

/**
 * The source that guesses are counted for. A known device and a signed-in session have their own counters, so that attackers who
 * know the password cannot lock the owner's devices. All other clients are counted together (null).
 */
export type Guesser = DeviceId | SessionId | null;

const limitsOf = (userId: UserId, guesser: Guesser) => {
  const suffix = guesser ? `:${guesser}` : "";
  return {
    lock: { key: `codes:${userId}${suffix}`, ...CODE_LIMITS.lock },
    consecutive: { key: `${consecutiveCodesKey(userId)}${suffix}`, ...CODE_LIMITS.consecutive },
    locks: { key: `codes:locks:${userId}${suffix}`, ...CODE_LIMITS.locks },
  };
};

export interface CodeAttemptsDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly limits: Pick<Limits, "consume" | "refund" | "extend">;
  readonly events: Pick<AuditLog, "record">;
  readonly mails: Pick<MailQueue, "enqueue">;
}

/** A code to verify: its user, factor and client. */
export interface CodeAttempt {
  readonly user: User;
  readonly factor: Factor;
  readonly client: ClientInfo;
  readonly guesser?: Guesser;
}

/** Counts each code as wrong before it is verified, and records wrong factors. */
export class CodeAttempts {
  /** Codes of one user are verified one after the other, so that a right code is not refused because of others still being verified. */
  readonly #locks = new KeyedSemaphore(1);

  constructor(private readonly deps: CodeAttemptsDeps) {}

  /**
   * Verifies a code and runs the action of a right one; `verify` returns null if the code is wrong. If it throws, the code does not
   * count as wrong.
   * @throws {AppError} RATE_LIMITED/MFA_LOCKED, or INVALID_CODE with `attemptsLeft`
   */
  async verify<Result>(code: CodeAttempt, verify: () => Promise<Result | null>): Promise<Result> {
    const { result, end } = await this.verifyWithLock(code, verify);
    await end("COMMITTED");
    return result;
  }

  /** As `verify`, but a right code holds the lock until `end`, which refunds the count unless the login was committed. */
  async verifyWithLock<Result>(
    code: CodeAttempt,
    verify: () => Promise<Result | null>,
  ): Promise<{ readonly result: Result; readonly end: (end: LoginEnd) => Promise<void> }> {
    const { db, limits } = this.deps;
    const { guesser = null, user } = code;
    const { lock, consecutive } = limitsOf(user.id, guesser);
    const refund = () => limits.refund(db, { reset: [], refund: [lock.key, consecutive.key] });
    const releaseLock = await this.#locks.acquire(lock.key);
    try {
      const consumed = await limits.consume(db, [lock, consecutive]);
      if (consumed.exceeded)
        throw new AppError("RATE_LIMITED", { reason: "MFA_LOCKED", retryAfter: consumed.retryAfter });
      const result = await verify().catch(async (failure: unknown) => {
        await refund();
        throw failure;
      });
      if (result === null) return await this.#refuse(code, consumed);
      const end = async (end: LoginEnd): Promise<void> => {
        try {
          if (end !== "COMMITTED") await refund();
        } finally {
          releaseLock();
        }
      };
      return { result, end };
    } catch (refusal) {
      releaseLock();
      throw refusal;
    }
  }

  /** Resets the guesser's counters after a right code, in the transaction of its action. */
  async reset(tx: Db, userId: UserId, guesser: Guesser = null): Promise<void> {
    await this.deps.limits.refund(tx, { reset: Object.values(limitsOf(userId, guesser)).map(({ key }) => key) });
  }

  /** Records a rejected passkey in the audit log; of a flood, only the first ones. */
  async noteRefusedPasskey(user: User, client: ClientInfo): Promise<void> {
    const { db, events, limits } = this.deps;
    const { exceeded } = await limits.consume(db, [{ key: `refused-passkeys:${user.id}`, ...MAX_RECORDED_REFUSALS }]);
    if (exceeded === null) await events.record(db, secondFactorWrong(user, client, "PASSKEY"));
  }

  async #refuse({ user, factor, client, guesser = null }: CodeAttempt, consumed: ConsumeResult): Promise<never> {
    const { clock, db, events, mails } = this.deps;
    const { name, email: to } = user;
    // The hundredth in a row reaches both limits, and the longer one is reported.
    const full = consumed.reached.at(-1);
    const now = clock.now();
    await db.transaction(async (tx) => {
      await events.record(tx, secondFactorWrong(user, client, factor));
      if (!full) return;
      const seconds = Math.max(full.window, await this.#lengthenLock(tx, user.id, guesser, now));
      const until = after(now, seconds * SECOND);
      await events.record(tx, secondFactorsLocked(user, client, until));
      const data = { name, at: now, ipAddress: client.ipAddress };
      await mails.enqueue(tx, MFA_LOCKED, { to, locale: toLocale(user.locale), data });
    });
    throw new AppError("INVALID_CODE", { attemptsLeft: consumed.left });
  }

  /** Extends the lock that has just started: it gets longer each time until a code is right. @returns its duration in seconds */
  async #lengthenLock(tx: Db, userId: UserId, guesser: Guesser, now: Date): Promise<number> {
    const { limits } = this.deps;
    const { lock, locks } = limitsOf(userId, guesser);
    const { left } = await limits.consume(tx, [locks]);
    const seconds = lockSeconds(locks.limit - left);
    await limits.extend(tx, lock.key, after(now, seconds * SECOND));
    return seconds;
  }
}
