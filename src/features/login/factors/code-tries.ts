import type { Clock } from "../../../platform/clock.ts";
import type { Db } from "../../../platform/database/database.ts";
import { KeyedSemaphore } from "../../../platform/keyed-semaphore.ts";
import type { Limits, Taken } from "../../../platform/limits/limits.ts";
import type { MailQueue } from "../../../platform/mail/index.ts";
import type { Client } from "../../../shared/client.ts";
import { after, SECOND } from "../../../shared/durations.ts";
import { AppError } from "../../../shared/errors.ts";
import type { Factor } from "../../../shared/factors.ts";
import type { UserId } from "../../../shared/ids.ts";
import { toLocale } from "../../../shared/locales.ts";
import type { SecurityLog } from "../../audit/index.ts";
import type { User } from "../../users/index.ts";
import { secondFactorsLocked, secondFactorWrong } from "../login.events.ts";

const MINUTES = 60;
const DAYS = 24 * 60 * MINUTES;

/** How many wrong codes are weighed, of one user, over all factors, logins and step-ups. */
const CODE_LIMITS = {
  /** Reaching it locks the user's codes, and sends a mail. */
  lock: { limit: 5, window: 15 * MINUTES },
  /** Until a code is right, or the password is reset by mail: NIST SP 800-63B-4, section 3.2.2. */
  consecutive: { limit: 100, window: 365 * DAYS },
} as const;

/**
 * Refused passkeys that are worth a line in the history, of one user. They are not counted as guesses, for nobody guesses a
 * key; but whoever is signed in, or knows a password, could write line after line.
 */
const REFUSALS_TOLD = { limit: 20, window: 15 * MINUTES };

/** The key to forget when the owner has proved himself by mail. The lock stays: a mailbox lets nobody guess faster. */
export const consecutiveCodesKey = (userId: UserId): string => `codes:consecutive:${userId}`;

const limitsOf = (userId: UserId) => [
  { key: `codes:${userId}`, ...CODE_LIMITS.lock },
  { key: consecutiveCodesKey(userId), ...CODE_LIMITS.consecutive },
];

const keysOf = (userId: UserId): string[] => limitsOf(userId).map(({ key }) => key);

export interface CodeTriesDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly limits: Pick<Limits, "take" | "settle">;
  readonly events: Pick<SecurityLog, "record">;
  readonly mails: Pick<MailQueue, "enqueue">;
}

/** Whose code it is, of which factor, and who gives it. */
export interface CodeTry {
  readonly user: User;
  readonly factor: Factor;
  readonly client: Client;
}

/** Counts wrong codes before anybody knows that they are wrong, and tells of wrong factors. */
export class CodeTries {
  readonly #deps: CodeTriesDeps;
  /** Codes of one user are weighed one after the other, so that right ones are not mistaken for guesses still weighed. */
  readonly #turns = new KeyedSemaphore(1);

  constructor(deps: CodeTriesDeps) {
    this.#deps = deps;
  }

  /**
   * Weighs a code; `weigh` answers null where it is wrong, and may do what a right one allows: what it throws is no wrong
   * code. Throws RATE_LIMITED/MFA_LOCKED, or INVALID_CODE with `attemptsLeft`.
   */
  weigh<Result>(code: CodeTry, weigh: () => Promise<Result | null>): Promise<Result> {
    const { db, limits } = this.#deps;
    const { id } = code.user;
    return this.#turns.run(id, async () => {
      const taken = await limits.take(db, limitsOf(id));
      if (taken.exceeded) throw new AppError("RATE_LIMITED", { reason: "MFA_LOCKED", retryAfter: taken.retryAfter });
      const result = await weigh().catch(async (failure: unknown) => {
        await limits.settle(db, { reset: [], giveBack: keysOf(id) });
        throw failure;
      });
      return result ?? this.#refuse(code, taken);
    });
  }

  /** A code was right: the counters begin anew, in the transaction of what it allows. */
  async reset(tx: Db, userId: UserId): Promise<void> {
    await this.#deps.limits.settle(tx, { reset: keysOf(userId) });
  }

  /** For the history: a passkey was refused. Of a flood of them, only the first. */
  async noteRefusedPasskey(user: User, client: Client): Promise<void> {
    const { db, events, limits } = this.#deps;
    const { exceeded } = await limits.take(db, [{ key: `refused-passkeys:${user.id}`, ...REFUSALS_TOLD }]);
    if (exceeded === null) await events.record(db, secondFactorWrong(user, client, "PASSKEY"));
  }

  async #refuse({ user, factor, client }: CodeTry, taken: Taken): Promise<never> {
    const { clock, db, events, mails } = this.#deps;
    const { name, email: to } = user;
    // The hundredth in a row reaches both, and is told as the longer one.
    const full = taken.reached.at(-1);
    const now = clock.now();
    await db.transaction(async (tx) => {
      await events.record(tx, secondFactorWrong(user, client, factor));
      if (!full) return;
      const until = after(now, full.window * SECOND);
      await events.record(tx, secondFactorsLocked(user, client, until));
      const data = { name, at: now, ipAddress: client.ipAddress };
      await mails.enqueue(tx, { template: "mfa-locked", to, locale: toLocale(user.locale), data });
    });
    throw new AppError("INVALID_CODE", { attemptsLeft: taken.left });
  }
}
