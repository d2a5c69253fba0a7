import type { SortDescriptor } from "react-aria-components/Table";
import { useUrlState } from "./filters/url-state.ts";

export interface UrlSort<Field extends string = string> {
  readonly order: { readonly field: Field; readonly direction: "ASC" | "DESC" };
  readonly descriptor: SortDescriptor;
  readonly onSort: (sort: SortDescriptor) => void;
}

/** The order of a list in the search parameter `sort`: `EMAIL`, or `-EMAIL` for the reverse. The columns have the fields as ids. */
export const useSort = <Field extends string>(
  fields: readonly Field[],
  initial: `-${Field}` | Field,
): UrlSort<Field> => {
  const url = useUrlState();
  const text = url.getOneOf("sort", [...fields, ...fields.map((field) => `-${field}` as const)]) ?? initial;
  const descends = text.startsWith("-");
  const field = text.replace(/^-/, "") as Field;
  return {
    order: { field, direction: descends ? "DESC" : "ASC" },
    descriptor: { column: field, direction: descends ? "descending" : "ascending" },
    onSort: ({ column, direction }) => {
      const chosen = `${direction === "descending" ? "-" : ""}${column}`;
      url.set({ sort: chosen === initial ? null : chosen });
    },
  };
};
