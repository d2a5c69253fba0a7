import type { Db } from "../database/database.ts";
import { digest } from "../limits/digest.ts";
import type { Limit, Limits } from "../limits/limits.ts";

const MINUTES = 60;
const HOURS = 60 * MINUTES;
const DAYS = 24 * HOURS;

/**
 * The cause of a mail. Each recipient has one budget for each cause, shared by all templates. So anonymous requests cannot exhaust
 * the budget of the owner, whose requests come with a device token, or of a login that has verified a first factor.
 */
export const MAIL_BUDGETS = ["ANONYMOUS", "KNOWN_DEVICE", "FIRST_FACTOR"] as const;
export type MailBudget = (typeof MAIL_BUDGETS)[number];

/** The number of mails in each budget; windows in seconds. */
const BUDGETS: Readonly<Record<MailBudget, readonly Omit<Limit, "key">[]>> = {
  ANONYMOUS: [
    { limit: 5, window: 10 * MINUTES },
    { limit: 20, window: DAYS },
  ],
  KNOWN_DEVICE: [{ limit: 5, window: HOURS }],
  FIRST_FACTOR: [{ limit: 10, window: HOURS }],
};

/** The data by which budgets count a mail. Without a budget it is not counted. */
export interface Counted {
  readonly to: string;
  readonly budget: MailBudget | null;
}

/** Counts mails by recipient. */
export class MailBudgets {
  constructor(private readonly deps: { limits: Pick<Limits, "consume" | "refund"> }) {}

  /**
   * Consumes one mail of the budget.
   *
   * @returns seconds until the budget has room again; 0 if it had
   */
  async consume(db: Db, mail: Counted): Promise<number> {
    const limits = limitsOf(mail);
    return limits.length === 0 ? 0 : (await this.deps.limits.consume(db, limits)).retryAfter;
  }

  /** Refunds a mail that was counted but not sent. */
  async refund(db: Db, mail: Counted): Promise<void> {
    const refund = limitsOf(mail).map(({ key }) => key);
    if (refund.length > 0) await this.deps.limits.refund(db, { reset: [], refund });
  }
}

const limitsOf = ({ to, budget }: Counted): Limit[] => {
  if (budget === null) return [];
  const recipient = digest(recipientOf(to));
  return BUDGETS[budget].map(({ limit, window }) => ({
    key: `mail:${budget}:${window}:${recipient}`,
    limit,
    window,
  }));
};

/** All spellings of an address are the same recipient. */
export const recipientOf = (to: string): string => to.trim().toLowerCase();
