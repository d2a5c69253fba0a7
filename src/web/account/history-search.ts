/** The levels that the history can be narrowed to. */
export const HISTORY_LEVELS = ["NOTICE", "WARNING"] as const;

export type HistoryLevel = (typeof HISTORY_LEVELS)[number];

/** The address of the history: without a level it shows everything. */
export interface HistorySearch {
  readonly level?: HistoryLevel;
}

export const isHistoryLevel = (value: unknown): value is HistoryLevel =>
  (HISTORY_LEVELS as readonly unknown[]).includes(value);
