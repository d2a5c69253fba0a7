import type { SecurityLog } from "#features/audit/index";
import type { User } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import { KeyedSemaphore } from "#platform/keyed-semaphore";
import type { Limits, Taken } from "#platform/limits/limits";
import type { MailQueue } from "#platform/mail/index";
import type { Client } from "#shared/client";
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

/** How many wrong codes are verified, of one user, over all factors and logins. */
const CODE_LIMITS = {
  /** Reaching it locks the codes of these clients, and sends a mail. */
  lock: { limit: 5, window: 15 * MINUTES },
  /** Until a code is right, or the password is reset by mail: NIST SP 800-63B-4, section 3.2.2. */
  consecutive: { limit: 100, window: 365 * DAYS },
  /** Counts the locks since the last right code: each lasts twice as long as the one before. */
  locks: { limit: 1_000, window: 365 * DAYS },
} as const;

const LONGEST_LOCK = 24 * 60 * MINUTES;

/** Seconds that the lock of this number lasts, the first one being 1: 15 minutes, then twice as long each time, up to a day. */
export const lockSeconds = (number: number): number =>
  Math.min(LONGEST_LOCK, CODE_LIMITS.lock.window * 2 ** Math.min(number - 1, 32));

/**
 * Refused passkeys that are worth a line in the history, of one user. They are not counted as guesses, for nobody guesses a
 * key; but whoever is signed in, or knows a password, could write line after line.
 */
const REFUSALS_TOLD = { limit: 20, window: 15 * MINUTES };

/** The key to forget when the owner has proved himself by mail. The lock stays: a mailbox lets nobody guess faster. */
export const consecutiveCodesKey = (userId: UserId): string => `codes:consecutive:${userId}`;

/**
 * Who guesses: a known device and a signed-in session count for themselves, so that strangers who know the password do not
 * lock the owner's devices; all other clients count together (null).
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

export interface CodeTriesDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly limits: Pick<Limits, "take" | "settle" | "extend">;
  readonly events: Pick<SecurityLog, "record">;
  readonly mails: Pick<MailQueue, "enqueue">;
}

/** Whose code it is, of which factor, and who gives it. */
export interface CodeTry {
  readonly user: User;
  readonly factor: Factor;
  readonly client: Client;
  readonly guesser?: Guesser;
}

/** Counts wrong codes before anybody knows that they are wrong, and tells of wrong factors. */
export class CodeTries {
  /** Codes of one user are verified one after the other, so that right ones are not mistaken for guesses still being verified. */
  readonly #turns = new KeyedSemaphore(1);

  constructor(private readonly deps: CodeTriesDeps) {}

  /**
   * Verifies a code and does what a right one allows; `verify` returns null if it is wrong. What it throws is not a wrong code.
   * @throws {AppError} RATE_LIMITED/MFA_LOCKED, or INVALID_CODE with `attemptsLeft`
   */
  async verify<Result>(code: CodeTry, verify: () => Promise<Result | null>): Promise<Result> {
    const { result, end } = await this.verifyInTurn(code, verify);
    await end("COMMITTED");
    return result;
  }

  /** As `verify`; but the turn of a right code lasts until `end`, which gives the count back unless the login was committed. */
  async verifyInTurn<Result>(
    code: CodeTry,
    verify: () => Promise<Result | null>,
  ): Promise<{ readonly result: Result; readonly end: (end: LoginEnd) => Promise<void> }> {
    const { db, limits } = this.deps;
    const { guesser = null, user } = code;
    const { lock, consecutive } = limitsOf(user.id, guesser);
    const giveBack = () => limits.settle(db, { reset: [], giveBack: [lock.key, consecutive.key] });
    const endTurn = await this.#turns.acquire(lock.key);
    try {
      const taken = await limits.take(db, [lock, consecutive]);
      if (taken.exceeded) throw new AppError("RATE_LIMITED", { reason: "MFA_LOCKED", retryAfter: taken.retryAfter });
      const result = await verify().catch(async (failure: unknown) => {
        await giveBack();
        throw failure;
      });
      if (result === null) return await this.#refuse(code, taken);
      const end = async (end: LoginEnd): Promise<void> => {
        try {
          if (end !== "COMMITTED") await giveBack();
        } finally {
          endTurn();
        }
      };
      return { result, end };
    } catch (refusal) {
      endTurn();
      throw refusal;
    }
  }

  /** A code was right: the guesser's counters start again, in the transaction of what it allows. */
  async reset(tx: Db, userId: UserId, guesser: Guesser = null): Promise<void> {
    await this.deps.limits.settle(tx, { reset: Object.values(limitsOf(userId, guesser)).map(({ key }) => key) });
  }

  /** For the history: a passkey was refused. Of a flood of them, only the first. */
  async noteRefusedPasskey(user: User, client: Client): Promise<void> {
    const { db, events, limits } = this.deps;
    const { exceeded } = await limits.take(db, [{ key: `refused-passkeys:${user.id}`, ...REFUSALS_TOLD }]);
    if (exceeded === null) await events.record(db, secondFactorWrong(user, client, "PASSKEY"));
  }

  async #refuse({ user, factor, client, guesser = null }: CodeTry, taken: Taken): Promise<never> {
    const { clock, db, events, mails } = this.deps;
    const { name, email: to } = user;
    // The hundredth in a row reaches both, and is told as the longer one.
    const full = taken.reached.at(-1);
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
    throw new AppError("INVALID_CODE", { attemptsLeft: taken.left });
  }

  /** @returns seconds that the lock lasts which has just begun: longer each time, until a code is right */
  async #lengthenLock(tx: Db, userId: UserId, guesser: Guesser, now: Date): Promise<number> {
    const { limits } = this.deps;
    const { lock, locks } = limitsOf(userId, guesser);
    const { left } = await limits.take(tx, [locks]);
    const seconds = lockSeconds(locks.limit - left);
    await limits.extend(tx, lock.key, after(now, seconds * SECOND));
    return seconds;
  }
}
