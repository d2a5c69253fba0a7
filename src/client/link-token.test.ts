import { afterEach, expect, it, vi } from "vitest";
import { takeLinkToken } from "./link-token.ts";

afterEach(() => vi.unstubAllGlobals());

/** A page with this address; `shown` is what its address bar shows. */
const openPage = (address: string) => {
  const page = { shown: new URL(address), state: { key: "the router's" } as unknown };
  vi.stubGlobal("location", {
    get hash() {
      return page.shown.hash;
    },
    get search() {
      return page.shown.search;
    },
    get pathname() {
      return page.shown.pathname;
    },
  });
  vi.stubGlobal("history", {
    get state() {
      return page.state;
    },
    replaceState(state: unknown, _title: string, url: string) {
      page.state = state;
      page.shown = new URL(url, page.shown);
    },
  });
  return page;
};

it.each([
  ["https://app.example.com/verify#token=0AbC9", "https://app.example.com/verify"],
  ["https://app.example.com/verify?lang=de#token=0AbC9", "https://app.example.com/verify?lang=de"],
  ["https://app.example.com/#/verify?token=0AbC9", "https://app.example.com/#/verify"],
  ["https://app.example.com/#/verify?lang=de&token=0AbC9", "https://app.example.com/#/verify?lang=de"],
  ["https://app.example.com/#/verify?token=0AbC9&lang=de", "https://app.example.com/#/verify?lang=de"],
  ["https://app.example.com/verify?token=0AbC9", "https://app.example.com/verify"],
  ["https://app.example.com/verify?token=0AbC9&lang=de#top", "https://app.example.com/verify?lang=de#top"],
])("takes the token out of %s", (address, left) => {
  const page = openPage(address);
  expect(takeLinkToken()).toBe("0AbC9");
  expect(page.shown.href).toBe(left);
  expect(page.state).toEqual({ key: "the router's" });
  expect(takeLinkToken()).toBeNull();
});

it.each([
  "https://app.example.com/verify",
  "https://app.example.com/#/verify?xtoken=1",
  "https://app.example.com/#token=",
])("finds no token in %s, and leaves the address alone", (address) => {
  const page = openPage(address);
  expect(takeLinkToken()).toBeNull();
  expect(page.shown.href).toBe(address);
});

it("returns null without a page address, as on a server or in a native app", () => {
  expect(takeLinkToken()).toBeNull();
});
