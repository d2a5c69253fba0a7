import { describe, expect, it } from "vitest";
import type { Limit, Taken } from "../limits/limits.ts";
import { BUDGET_OF, type Counted, MailBudgets } from "./mail-budgets.ts";
import { MAIL_NAMES, MERGED_NOTICES } from "./mails.ts";

const NO_DB = {} as never;

/** The limits that each mail takes from. */
const recording = () => {
  const taken: Limit[][] = [];
  const limits = {
    take: async (_: unknown, all: readonly Limit[]): Promise<Taken> => {
      taken.push([...all]);
      return { exceeded: null, fresh: [], reached: [], left: 1, retryAfter: 0, remembered: false };
    },
    settle: async () => {},
  };
  return { taken, budgets: new MailBudgets({ limits }) };
};

const limitsOf = async (mail: Counted): Promise<Limit[]> => {
  const { taken, budgets } = recording();
  await budgets.take(NO_DB, mail);
  return taken[0] ?? [];
};

describe("the budgets of a recipient", () => {
  it("know every mail there is", () => {
    expect(Object.keys(BUDGET_OF).sort()).toEqual([...MAIL_NAMES].sort());
  });

  it("never hold back what tells of a change, or can stop an attack", async () => {
    for (const template of [
      "new-device",
      "session-compromised",
      "mfa-changed",
      "password-changed",
      "change-email-notice",
      "account-secured",
    ] as const)
      expect(await limitsOf({ template, to: "ada@example.com", budget: "ANONYMOUS" }), template).toEqual([]);
  });

  it("count each security notice that can be merged", () => {
    for (const template of MERGED_NOTICES) expect(BUDGET_OF[template], template).not.toBeNull();
  });

  it("are five mails in ten minutes and twenty a day, five an hour, and ten an hour", async () => {
    const sizes = async (mail: Counted) => (await limitsOf(mail)).map(({ limit, window }) => [limit, window]);
    const to = "ada@example.com";
    expect(await sizes({ template: "password-reset", to })).toEqual([
      [5, 600],
      [20, 86_400],
    ]);
    expect(await sizes({ template: "password-reset", to, budget: "KNOWN_DEVICE" })).toEqual([[5, 3_600]]);
    expect(await sizes({ template: "login-code", to })).toEqual([[10, 3_600]]);
  });

  it("are the recipient's over all templates and spellings, and do not name the recipient", async () => {
    const keys = async (mail: Counted) => (await limitsOf(mail)).map(({ key }) => key);
    const reset = await keys({ template: "password-reset", to: "ada@example.com" });
    expect(await keys({ template: "verify-email", to: " Ada@Example.com" })).toEqual(reset);
    expect(await keys({ template: "verify-email", to: "bob@example.com" })).not.toEqual(reset);
    expect(reset.join()).not.toContain("ada");
  });
});
