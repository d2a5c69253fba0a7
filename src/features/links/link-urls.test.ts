import { expect, it } from "vitest";
import { linkUrl } from "./link-urls.ts";

const TOKEN = "0AbC123";

it.each([
  ["https://id.example.com/verify-email", `https://id.example.com/verify-email#token=${TOKEN}`],
  ["https://app.example.com/?page=verify", `https://app.example.com/?page=verify#token=${TOKEN}`],
  ["https://app.example.com/#/verify", `https://app.example.com/#/verify?token=${TOKEN}`],
  ["https://app.example.com/app#!/verify/", `https://app.example.com/app#!/verify/?token=${TOKEN}`],
  ["https://app.example.com/#/", `https://app.example.com/#/?token=${TOKEN}`],
  ["https://app.example.com/#/verify?lang=de", `https://app.example.com/#/verify?lang=de&token=${TOKEN}`],
  ["https://app.example.com/#", `https://app.example.com/#token=${TOKEN}`],
])("puts the token of a link to %s only into the fragment", (page, address) => {
  expect(linkUrl(page, TOKEN)).toBe(address);
  expect(new URL(linkUrl(page, TOKEN)).search).toBe(new URL(page).search);
});
