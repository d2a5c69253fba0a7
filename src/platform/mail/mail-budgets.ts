import type { Db } from "../database/database.ts";
import { digest } from "../limits/digest.ts";
import type { Limit, Limits } from "../limits/limits.ts";
import type { MailName } from "./mails.ts";

const MINUTES = 60;
const HOURS = 60 * MINUTES;
const DAYS = 24 * HOURS;

/**
 * Who caused a mail. Each recipient has one budget for each, over all templates: what strangers use up is never missing to
 * the owner, whose requests come with a device token, or to a login that has proved a first factor.
 */
export type MailBudget = "ANONYMOUS" | "KNOWN_DEVICE" | "FIRST_FACTOR";

/** How many mails a budget pays for; windows in seconds. */
const BUDGETS: Readonly<Record<MailBudget, readonly Omit<Limit, "key">[]>> = {
  ANONYMOUS: [
    { limit: 5, window: 10 * MINUTES },
    { limit: 20, window: DAYS },
  ],
  KNOWN_DEVICE: [{ limit: 5, window: HOURS }],
  FIRST_FACTOR: [{ limit: 10, window: HOURS }],
};

/**
 * The budget that each mail is counted by, unless its sender names another one; null: it is always sent, one for each event,
 * because it tells of something that has happened to the account, or can stop an attack.
 */
export const BUDGET_OF: Readonly<Record<MailName, MailBudget | null>> = {
  "verify-email": "ANONYMOUS",
  "registration-requested": "ANONYMOUS",
  "registration-approved": "ANONYMOUS",
  "registration-rejected": "ANONYMOUS",
  "already-registered": "ANONYMOUS",
  "password-reset": "ANONYMOUS",
  "password-changed": null,
  "account-locked": "ANONYMOUS",
  "session-compromised": null,
  "account-deleted": null,
  "change-email-verify": "ANONYMOUS",
  "change-email-notice": null,
  "email-changed": null,
  "email-change-undone": null,
  "step-up-failed": null,
  "factor-reset-requested": null,
  "factor-reset-approval": null,
  "factor-reset-cancelled": null,
  "changes-suspended": null,
  "account-secured": null,
  // Sent from the command line of the installation.
  "operator-invitation": null,
  "user-invitation": "ANONYMOUS",
  "membership-offered": "ANONYMOUS",
  "tenant-activation": "ANONYMOUS",
  "login-code": "FIRST_FACTOR",
  // What a provider that does not vouch says is not the owner's doing.
  "address-code": "ANONYMOUS",
  "reauthentication-code": "FIRST_FACTOR",
  "mfa-changed": null,
  "social-account-changed": null,
  "mfa-locked": "FIRST_FACTOR",
  "backup-code-used": "FIRST_FACTOR",
  "new-login-confirmation": "FIRST_FACTOR",
  // These carry the link that denies what they are about.
  "new-device": null,
  "session-claimed": null,
  "session-evicted": "FIRST_FACTOR",
  // Made of notices that were over their budget.
  "notice-digest": null,
};

/** A mail as its recipient's budgets see it. */
export interface Counted {
  readonly template: MailName;
  readonly to: string;
  /** Another budget than the template's. */
  readonly budget?: MailBudget | undefined;
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

const limitsOf = ({ template, to, budget }: Counted): Limit[] => {
  const counted = BUDGET_OF[template] && (budget ?? BUDGET_OF[template]);
  if (counted === null) return [];
  const recipient = digest(recipientOf(to));
  return BUDGETS[counted].map(({ limit, window }) => ({
    key: `mail:${counted}:${window}:${recipient}`,
    limit,
    window,
  }));
};

/** Spellings of one address are one recipient. */
export const recipientOf = (to: string): string => to.trim().toLowerCase();
