import { useNavigate, useSearch } from "@tanstack/react-router";

/** The values of search parameters; null or absent for those that are not set. */
export type UrlValues = Readonly<Record<string, string | null>>;

/** The cursors of a list, which belong to its filters and order. */
const CURSORS = { after: undefined, before: undefined };

/** The router parses `?search=123` as a number. */
const textOf = (value: unknown): string | null =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) || null : null;

interface UrlState {
  /** The value of a parameter, or null. */
  readonly get: (name: string) => string | null;
  /** The value if it is one of these, as a link may contain anything. */
  readonly getOneOf: <Value extends string>(name: string, values: readonly Value[]) => Value | null;
  /** Changes parameters, removes those that are null, and returns to the first page of a list. */
  readonly set: (values: UrlValues) => void;
  /** Opens another page of a list; the browser's Back button returns. */
  readonly turnTo: (page: UrlValues) => void;
}

/** What a page shows, in the search parameters of its address: a link shows the same. */
export const useUrlState = (): UrlState => {
  const search: Record<string, unknown> = useSearch({ strict: false });
  const navigate = useNavigate();
  const get = (name: string) => textOf(search[name]);
  const go = (values: UrlValues, replace: boolean) => {
    const changes = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value ?? undefined]));
    void navigate({
      to: ".",
      replace,
      resetScroll: !replace,
      search: ((previous: object) => ({ ...previous, ...CURSORS, ...changes })) as never,
    });
  };
  return {
    get,
    getOneOf: (name, values) => values.find((value) => value === get(name)) ?? null,
    set: (values) => go(values, true),
    turnTo: (page) => go(page, false),
  };
};
