import { expect, it } from "vitest";
import { isShown, parseViews, withoutView, withView } from "./view-store.ts";

const SUSPENDED = { name: "Suspended", values: { status: "SUSPENDED" } };

it("replaces a view of the same name", () => {
  const other = { name: "Suspended", values: { status: "SUSPENDED", sort: "EMAIL" } };
  expect(withView([SUSPENDED], other)).toEqual([other]);
  expect(withoutView([SUSPENDED], "Suspended")).toEqual([]);
});

it.each([null, "", "{", "{}", '[1, null, {"name": 2}]'])("finds no views in %j", (text) => {
  expect(parseViews(text)).toEqual([]);
});

it("reads what was stored", () => {
  expect(parseViews(JSON.stringify([SUSPENDED]))).toEqual([SUSPENDED]);
});

it("recognizes the view that the address shows, whatever is absent", () => {
  expect(isShown(SUSPENDED, { status: "SUSPENDED", search: null })).toBe(true);
  expect(isShown(SUSPENDED, { status: "SUSPENDED", search: "ann" })).toBe(false);
  expect(isShown(SUSPENDED, { status: null })).toBe(false);
});
