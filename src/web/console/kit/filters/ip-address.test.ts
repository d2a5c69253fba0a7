import { expect, it } from "vitest";
import { isIpAddress } from "./ip-address.ts";

it.each(["192.0.2.1", "2001:db8::1", "::1", "::ffff:192.0.2.1"])("accepts %s", (text) => {
  expect(isIpAddress(text)).toBe(true);
});

it.each(["192.0.2", "192.0.2.300", "2001:db8", "2001:db8::1:", "office", "", "a:b:c:d:e:f:a:b:c"])(
  "waits for more than %j",
  (text) => {
    expect(isIpAddress(text)).toBe(false);
  },
);
