export const PERIOD_DAYS = ["7", "30", "90"] as const;

export type PeriodDays = (typeof PERIOD_DAYS)[number];

const DAY_MS = 86_400_000;

/** Whole days in UTC, as statistics are counted, of which the last one is today. */
export const statisticsPeriod = (days: number, now: number): { readonly from: string; readonly to: string } => {
  const tomorrow = (Math.floor(now / DAY_MS) + 1) * DAY_MS;
  return { from: new Date(tomorrow - days * DAY_MS).toISOString(), to: new Date(tomorrow).toISOString() };
};
