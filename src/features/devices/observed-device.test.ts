import { expect, it } from "vitest";
import { asObserved, observedDevice } from "./observed-device.ts";
import { describeUserAgent } from "./user-agent.ts";

const FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0";

it.each([
  [FIREFOX, "Firefox on Windows"],
  ["Mozilla/5.0 (X11; Linux x86_64) evil.example", "Linux"],
  ["Refund of 500 EUR evil.example/claim x", null],
  ["evil.example/claim", null],
  ["Call-0800-123/1", null],
  ["", null],
])("describes %j by known names only, without its own words: %j", (userAgent, label) => {
  expect(observedDevice(describeUserAgent(userAgent))).toBe(label);
});

it("omits unknown browser names that an earlier version stored", () => {
  const device = { label: "x", browser: "Refund evil.example", os: null, type: "OTHER" } as const;
  expect(observedDevice(device)).toBeNull();
  expect(asObserved(device)).toEqual({ label: "Unknown device", browser: null, os: null, type: "OTHER" });
});

it("omits the name that the client chose", () => {
  const device = { ...describeUserAgent(FIREFOX), label: "Refund: evil.example" };
  expect(asObserved(device)).toMatchObject({ label: "Firefox on Windows", browser: "Firefox", os: "Windows" });
});
