import { useMemo } from "react";
import { useTranslation } from "react-i18next";

const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** Dates and numbers in the language of the page and the time zone of the browser. */
export const createFormats = (locale: string) => {
  const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  const date = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
  // Statistics are counted by days in UTC.
  const day = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" });
  const shortDay = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", timeZone: "UTC" });
  const exact = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "long" });
  const number = new Intl.NumberFormat(locale);
  const percent = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  const list = new Intl.ListFormat(locale, { type: "conjunction" });
  const collator = new Intl.Collator(locale, { numeric: true });
  return {
    dateTime: (instant: string | Date) => dateTime.format(new Date(instant)),
    date: (instant: string | Date) => date.format(new Date(instant)),
    day: (start: string) => day.format(new Date(start)),
    shortDay: (start: string) => shortDay.format(new Date(start)),
    exact: (instant: string | Date) => exact.format(new Date(instant)),
    number: (value: number) => number.format(value),
    percent: (fraction: number) => percent.format(fraction),
    list: (texts: readonly string[]) => list.format(texts),
    compare: (one: string, other: string) => collator.compare(one, other),
    /** "3 minutes ago", "in 2 days". */
    relative: (instant: string | Date, now = Date.now()) => {
      const seconds = (new Date(instant).getTime() - now) / 1_000;
      const [unit, size] = UNITS.find(([, limit]) => Math.abs(seconds) >= limit) ?? (["second", 1] as const);
      return relative.format(Math.round(seconds / size), unit);
    },
  };
};

export type Formats = ReturnType<typeof createFormats>;

export const useFormats = (): Formats => {
  const { i18n } = useTranslation();
  return useMemo(() => createFormats(i18n.language), [i18n.language]);
};
