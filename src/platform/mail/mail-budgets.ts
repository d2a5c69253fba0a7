import type { Db } from "../database/database.ts";
import { digest } from "../limits/digest.ts";
import type { Limit, Limits } from "../limits/limits.ts";

const MINUTES = 60;
const HOURS = 60 * MINUTES;
const DAYS = 24 * HOURS;

/**
 * Who caused a mail. Each recipient has one budget for each, over all templates: what strangers use up is never missing to
 * the owner, whose requests come with a device token, or to a login that has proved a first factor.
 */
export const MAIL_BUDGETS = ["ANONYMOUS", "KNOWN_DEVICE", "FIRST_FACTOR"] as const;
export type MailBudget = (typeof MAIL_BUDGETS)[number];

/** How many mails a budget pays for; windows in seconds. */
const BUDGETS: Readonly<Record<MailBudget, readonly Omit<Limit, "key">[]>> = {
  ANONYMOUS: [
    { limit: 5, window: 10 * MINUTES },
    { limit: 20, window: DAYS },
  ],
  KNOWN_DEVICE: [{ limit: 5, window: HOURS }],
  FIRST_FACTOR: [{ limit: 10, window: HOURS }],
};

/** A mail as its recipient's budgets see it. Without a budget it is not counted. */
export interface Counted {
  readonly to: string;
  readonly budget: MailBudget | null;
}

/** Counts mails by recipient. */
export class MailBudgets {
  constructor(private readonly deps: { limits: Pick<Limits, "take" | "settle"> }) {}

  /** Takes one mail of the budget. @returns seconds until the budget has room again; 0 if it had */
  async take(db: Db, mail: Counted): Promise<number> {
    const limits = limitsOf(mail);
    return limits.length === 0 ? 0 : (await this.deps.limits.take(db, limits)).retryAfter;
  }

  /** The mail that was counted was not sent. */
  async giveBack(db: Db, mail: Counted): Promise<void> {
    const giveBack = limitsOf(mail).map(({ key }) => key);
    if (giveBack.length > 0) await this.deps.limits.settle(db, { reset: [], giveBack });
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

/** Spellings of one address are one recipient. */
export const recipientOf = (to: string): string => to.trim().toLowerCase();
