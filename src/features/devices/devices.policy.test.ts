import { expect, it, describe as suite } from "vitest";
import { describeUserAgent } from "./user-agent.ts";

suite("the label of a device", () => {
  it.each([
    [
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0",
      "Firefox on Windows",
      "DESKTOP",
    ],
    [
      "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
      "Safari on iOS",
      "MOBILE",
    ],
    [
      "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
      "Chrome on macOS",
      "DESKTOP",
    ],
    ["curl/8.5.0", "curl", "OTHER"],
    ["", "Unknown device", "OTHER"],
    ["\u0000\u202e<script>", "Unknown device", "OTHER"],
  ])("of %j is %j", (userAgent, label, type) => {
    expect(describeUserAgent(userAgent)).toMatchObject({ label, type });
  });

  it("is short for a header of a hundred thousand characters", () => {
    expect(describeUserAgent(`Mozilla/5.0 (${"x".repeat(100_000)}`).label.length).toBeLessThan(100);
  });
});
