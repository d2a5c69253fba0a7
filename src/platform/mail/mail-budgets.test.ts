import { describe, expect, it } from "vitest";
import type { ConsumeResult, Limit } from "../limits/limits.ts";
import { type Counted, MailBudgets } from "./mail-budgets.ts";

const NO_DB = {} as never;

/** The limits that each mail consumes from. */
const recording = () => {
  const taken: Limit[][] = [];
  const limits = {
    consume: async (_: unknown, all: readonly Limit[]): Promise<ConsumeResult> => {
      taken.push([...all]);
      return { exceeded: null, fresh: [], reached: [], left: 1, retryAfter: 0, remembered: false };
    },
    refund: async () => {},
  };
  return { taken, budgets: new MailBudgets({ limits }) };
};

const limitsOf = async (mail: Counted): Promise<Limit[]> => {
  const { taken, budgets } = recording();
  await budgets.consume(NO_DB, mail);
  return taken[0] ?? [];
};

describe("the budgets of a recipient", () => {
  it("do not count a mail without a budget", async () => {
    expect(await limitsOf({ to: "ada@example.com", budget: null })).toEqual([]);
  });

  it("are five mails in ten minutes and twenty a day, five an hour, and ten an hour", async () => {
    const sizes = async (mail: Counted) => (await limitsOf(mail)).map(({ limit, window }) => [limit, window]);
    const to = "ada@example.com";
    expect(await sizes({ to, budget: "ANONYMOUS" })).toEqual([
      [5, 600],
      [20, 86_400],
    ]);
    expect(await sizes({ to, budget: "KNOWN_DEVICE" })).toEqual([[5, 3_600]]);
    expect(await sizes({ to, budget: "FIRST_FACTOR" })).toEqual([[10, 3_600]]);
  });

  it("are shared by all templates and spellings of the address, and do not contain the address", async () => {
    const keys = async (mail: Counted) => (await limitsOf(mail)).map(({ key }) => key);
    const taken = await keys({ to: "ada@example.com", budget: "ANONYMOUS" });
    expect(await keys({ to: " Ada@Example.com", budget: "ANONYMOUS" })).toEqual(taken);
    expect(await keys({ to: "bob@example.com", budget: "ANONYMOUS" })).not.toEqual(taken);
    expect(taken.join()).not.toContain("ada");
  });
});
