import { expect, it } from "vitest";
import { destinationOf } from "./return-to.ts";

const ORIGIN = "https://id.example.com";
const SITES = { origin: ORIGIN, returnOrigins: ["https://app.example.com"], appUrl: null };
const to = (returnTo: string | undefined, appUrl: string | null = null) =>
  destinationOf(returnTo, { ...SITES, appUrl }).href;

it.each([
  ["/account/sessions?page=2#top", `${ORIGIN}/account/sessions?page=2#top`],
  ["console", `${ORIGIN}/console`],
  // A relative URL, because its scheme is that of this page (URL Standard, section 4.4).
  ["https:console", `${ORIGIN}/console`],
  ["https://app.example.com/orders/7?tab=1", "https://app.example.com/orders/7?tab=1"],
])("follows %s", (returnTo, expected) => {
  expect(to(returnTo)).toBe(expected);
});

it.each([
  "https://evil.example/",
  "//evil.example",
  "///evil.example",
  "/\\evil.example",
  "\\\\evil.example",
  "/\t/evil.example",
  "\u0000//evil.example",
  "http:evil.example/",
  "https://app.example.com@evil.example",
  "https://user@app.example.com/",
  "https://app.example.com.evil.example/",
  "http://app.example.com/",
  "https://app.example.com:8443/",
  "javascript:alert(1)",
  "JaVaScRiPt:alert(1)",
  " javascript:alert(1)",
  "data:text/html,<script>alert(1)</script>",
  "blob:https://app.example.com/4c7a",
  "https://[",
  "/sign-in?return_to=/sign-in",
  "/sign-up",
  "/",
  "",
  undefined,
])("does not follow %j", (returnTo) => {
  expect(to(returnTo)).toBe(`${ORIGIN}/account`);
  expect(to(returnTo, "https://app.example.com/start")).toBe("https://app.example.com/start");
});

it("stays here if the app's address is that of these pages, or not an address", () => {
  expect(to(undefined, ORIGIN)).toBe(`${ORIGIN}/account`);
  expect(to(undefined, "somewhere")).toBe(`${ORIGIN}/account`);
});
