/** The levels that the history can be narrowed to. */
export const HISTORY_LEVELS = ["NOTICE", "WARNING"] as const;

export type HistoryLevel = (typeof HISTORY_LEVELS)[number];

export const isHistoryLevel = (value: unknown): value is HistoryLevel =>
  (HISTORY_LEVELS as readonly unknown[]).includes(value);

/** The level in the address of the history; without one it shows everything. */
export const levelIn = (search: object): HistoryLevel | undefined => {
  const { level } = search as { readonly level?: unknown };
  return isHistoryLevel(level) ? level : undefined;
};
