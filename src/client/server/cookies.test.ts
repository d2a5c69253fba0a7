import { expect, it } from "vitest";
import { RequestCookies, serializeCookie, toAppCookies } from "./cookies.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const REFRESH =
  "__Host-portcullis_refresh=r1; Path=/; Expires=Thu, 08 Jan 2026 00:00:00 GMT; HttpOnly; SameSite=Strict";

/** The header that a browser sends with these cookies. */
const headerOf = (cookies: readonly { readonly name: string; readonly value: string; readonly maxAge: number }[]) =>
  cookies.flatMap(({ name, value, maxAge }) => (maxAge > 0 ? [`${name}=${value}`] : [])).join("; ");

it("stores an access token of the longest size in two cookies, and reads it again", async () => {
  const accessToken = `e30.${"a".repeat(4_080)}.c2ln`;
  const cookies = await toAppCookies([REFRESH], { accessToken, expiresIn: 900 }, NOW);
  for (const cookie of cookies) expect(cookie.name.length + cookie.value.length).toBeLessThanOrEqual(4_096);
  expect(cookies.map(({ maxAge }) => maxAge)).toEqual([604_800, 900, 900]);
  expect(await new RequestCookies(headerOf(cookies)).accessToken()).toBe(accessToken);
});

it("deletes the second part of a longer token that was stored before", async () => {
  const cookies = await toAppCookies([REFRESH], { accessToken: "a.b.c", expiresIn: 900 }, NOW);
  expect(cookies.map(({ name, maxAge }) => [name, maxAge])).toEqual([
    ["__Host-portcullis_refresh", 604_800],
    ["__Host-portcullis_access", 900],
    ["__Host-portcullis_access_2", 0],
  ]);
});

it("deletes the access token if the refresh token is replaced without one, or deleted", async () => {
  const deleted = "__Host-portcullis_refresh=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT";
  const outcomes = [
    await toAppCookies([REFRESH], null, NOW),
    await toAppCookies([deleted], { accessToken: "a.b.c", expiresIn: 900 }, NOW),
  ];
  for (const cookies of outcomes)
    expect(cookies.filter(({ name }) => name.includes("_access")).map(({ maxAge }) => maxAge)).toEqual([0, 0]);
});

it("stores no other cookie of the API's host, and sends no other cookie of the app to the API", async () => {
  expect(
    await toAppCookies(["__Host-portcullis_refreshed=1; Path=/; Max-Age=9", "balancer=b1; Path=/"], null, NOW),
  ).toEqual([]);
  const cookies = new RequestCookies("theme=dark; __Host-portcullis_device=d1; __Host-portcullis_access=x.y; cart=3");
  expect(cookies.forApi()).toBe("__Host-portcullis_device=d1");
});

it("reads only an access token that came with the refresh token", async () => {
  const cookies = await toAppCookies([REFRESH], { accessToken: "a.b.c", expiresIn: 900 }, NOW);
  const header = headerOf(cookies);
  expect(await new RequestCookies(header).accessToken()).toBe("a.b.c");
  for (const changed of [header.replace("=r1", "=r2"), header.replace(/__Host-portcullis_refresh=r1; /, ""), "", null])
    expect(await new RequestCookies(changed).accessToken()).toBeNull();
});

it("writes cookies that scripts, other hosts and requests of other sites do not get", async () => {
  const [cookie] = await toAppCookies([REFRESH], null, NOW);
  expect(cookie && serializeCookie(cookie)).toBe(
    "__Host-portcullis_refresh=r1; Path=/; Max-Age=604800; HttpOnly; Secure; SameSite=Lax",
  );
});
