/** Periods that end now, in hours. */
export const PRESETS = { "24h": 24, "7d": 168, "30d": 720, "90d": 2_160 } as const;

export type Preset = keyof typeof PRESETS;

/** A filter of instants, as a search parameter: `7d`, or the days `2026-11-01..2026-11-30`, either of which may be missing. */
export type PeriodFilterValue =
  | { readonly preset: Preset }
  | { readonly from: string | null; readonly to: string | null }
  | null;

const isPreset = (text: string): text is Preset => Object.hasOwn(PRESETS, text);

const DAY = /^\d{4}-\d{2}-\d{2}$/;

const parseDay = (text: string | undefined): string | null =>
  text !== undefined && DAY.test(text) && !Number.isNaN(Date.parse(text)) ? text : null;

export const parsePeriod = (text: string | null): PeriodFilterValue => {
  if (text === null) return null;
  if (isPreset(text)) return { preset: text };
  const [first, second] = text.split("..");
  const period = { from: parseDay(first), to: parseDay(second) };
  return period.from === null && period.to === null ? null : period;
};

export const formatPeriod = (from: string | null, to: string | null): string | null =>
  from === null && to === null ? null : `${from ?? ""}..${to ?? ""}`;

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** Midnight of a day in the browser's time zone. */
const startOf = (day: string, daysLater = 0): string => {
  const start = new Date(`${day}T00:00`);
  start.setDate(start.getDate() + daysLater);
  return start.toISOString();
};

/**
 * The instants of a period: both days are part of it. Presets begin at a full minute, so that two renderings ask the API for the
 * same.
 */
export const rangeOf = (period: PeriodFilterValue, now: number): { from?: string; to?: string } | null => {
  if (period === null) return null;
  if ("preset" in period) {
    const minute = Math.floor(now / MINUTE_MS) * MINUTE_MS;
    return { from: new Date(minute - PRESETS[period.preset] * HOUR_MS).toISOString() };
  }
  return {
    ...(period.from !== null && { from: startOf(period.from) }),
    ...(period.to !== null && { to: startOf(period.to, 1) }),
  };
};
