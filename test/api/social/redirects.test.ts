import { sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  newUserAgent,
  PROVIDER,
  START_SOCIAL_LOGIN,
  socialSettings,
  startSocialLogin,
} from "../../support/clients/social.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { type OidcProvider, startOidcProvider } from "../../support/servers/oidc-provider.ts";

const PAGE = "https://app.example.com/signed-in";
const OTHER_PAGE = "http://localhost:5173/auth/callback?provider=acme";
const APP = "com.acme.app:/signed-in";
const ALLOWED = [PAGE, OTHER_PAGE, APP];

let app: TestApp;
let provider: OidcProvider;
beforeAll(async () => {
  provider = await startOidcProvider({ redirectUris: [PAGE, OTHER_PAGE] });
  app = await startTestApp({ settings: socialSettings({ [PROVIDER]: provider }, ALLOWED) });
});
afterAll(async () => {
  await app?.stop();
  await provider?.stop();
});

const begunLogins = () => app.app.db.execute(sql`select count(*)::int as count from social_logins`);

const expectRefused = async (redirectUri: string): Promise<void> => {
  const before = await begunLogins();
  const input = { provider: PROVIDER, redirectUri };
  const refused = await newUserAgent(app).refused(START_SOCIAL_LOGIN, { input });
  expect(refused, redirectUri).toMatchObject({ code: "BAD_USER_INPUT", status: 400 });
  expect(await begunLogins(), redirectUri).toEqual(before);
};

/** Strings that other servers have accepted as the same address, or as one that belongs to it. */
const disguisesOf = (uri: string): [string, string][] => {
  const { protocol, host, hostname, pathname, search } = new URL(uri);
  const rest = `${pathname}${search}`;
  const at = (authority: string, path = rest) => `${protocol}//${authority}${path}`;
  const evil = "evil.example";
  return [
    ["the scheme in capitals", uri.replace(protocol, protocol.toUpperCase())],
    ["the host in capitals", at(host.toUpperCase())],
    ["the path in capitals", at(host, rest.toUpperCase())],
    ["the other scheme", uri.replace(protocol, protocol === "https:" ? "http:" : "https:")],
    ["no scheme", `//${host}${rest}`],
    ["the path alone", rest],
    ["a slash at the end", `${uri}/`],
    ["no path", at(host, "")],
    ["the root", at(host, "/")],
    ["a directory below", `${at(host, pathname)}/evil`],
    ["a longer last segment", `${uri}-evil`],
    ["a shorter last segment", uri.slice(0, -1)],
    ["the default port", at(`${hostname}:${protocol === "https:" ? 443 : 80}`)],
    ["another port", at(`${hostname}:8443`)],
    ["an empty port", at(`${hostname}:`)],
    ["a dot after the host", at(`${hostname}.`)],
    ["a subdomain", at(`${evil}.${host}`)],
    ["the parent domain", at(`${hostname}.${evil}`)],
    ["a host with the same ending", at(`evil-${host}`)],
    ["a wildcard", at(`*.${host}`)],
    ["a user", at(`user@${host}`)],
    ["a user and a password", at(`user:password@${host}`)],
    ["an empty user", at(`@${host}`)],
    ["the host as user of another one", at(`${host}@${evil}`)],
    ["the host as user of another one, after a backslash", `${protocol}//${evil}\\@${host}${rest}`],
    ["the host in the path of another one", at(evil, `/${host}${rest}`)],
    ["the host in the query of another one", at(evil, `/?${uri}`)],
    ["the host in the fragment of another one", at(evil, `/#${uri}`)],
    ["backslashes", uri.replaceAll("/", "\\")],
    ["three slashes", uri.replace("//", "///")],
    ["one slash", uri.replace("//", "/")],
    ["two slashes in the path", at(host, `/${rest}`)],
    ["a dot segment back to the same path", at(host, `/evil/..${rest}`)],
    ["an encoded dot segment back to the same path", at(host, `/evil/%2e%2e${rest}`)],
    ["a dot segment to another path", `${at(host, pathname)}/../evil`],
    ["a single-dot segment", at(host, `/.${rest}`)],
    ["an encoded slash", at(host, rest.replace(/\/(\w)/, "%2f$1"))],
    ["an encoded letter", at(host, `/%73${rest.slice(2)}`)],
    ["a letter encoded twice", at(host, `/%2573${rest.slice(2)}`)],
    ["an encoded letter of the host", at(`%61${host.slice(1)}`)],
    ["an additional empty parameter", search ? `${uri}&` : `${uri}?`],
    ["an additional parameter", `${uri}${search ? "&" : "?"}next=https://${evil}`],
    ["a fragment", `${uri}#evil`],
    ["an empty fragment", `${uri}#`],
    ["a parameter of the path", at(host, `${pathname};evil${search}`)],
    ["a space before", ` ${uri}`],
    ["a space after", `${uri} `],
    ["an encoded space after", `${uri}%20`],
    ["a tab within", uri.replace("//", "/\t/")],
    ["a line break after", `${uri}\n`],
    ["an encoded line break after", `${uri}%0d%0aset-cookie:evil=1`],
    ["a NUL after", `${uri}\u0000`],
    ["an encoded NUL after", `${uri}%00`],
    ["a letter that looks like another", at(host.replace(/[ao]/, (letter) => (letter === "a" ? "а" : "о")))],
    ["a full-width letter", at(`ａ${host.slice(1)}`)],
    ["a soft hyphen", at(`${host.slice(0, 1)}\u00ad${host.slice(1)}`)],
    ["an ideographic full stop", at(host.includes(".") ? host.replace(".", "。") : `${hostname}。`)],
    ["a direction mark", `\u202e${uri}`],
    ["the address twice", `${uri},${uri}`],
    ["two addresses", `${uri} https://${evil}`],
  ];
};

/** Addresses that no allow list should lead to, for any reason. */
const NO_PAGES = [
  "", "null", "*", "/", "about:blank", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "javascript://app.example.com/%0aalert(1)",
  "data:text/html,<script>alert(1)</script>", "blob:https://app.example.com/signed-in", "vbscript:x", "file:///etc/passwd",
  "urn:ietf:wg:oauth:2.0:oob", "com.acme.app:/", "com.acme.app://signed-in", "com.acme.app:/signed-in/", "com.acme.app:signed-in",
  "COM.ACME.APP:/signed-in", "com.acme.app2:/signed-in", "http://127.0.0.1:5173/auth/callback?provider=acme",
  "http://[::1]:5173/auth/callback?provider=acme", "http://2130706433:5173/auth/callback?provider=acme",
  "http://localhost:5173/auth/callback", "http://localhost:5173/auth/callback?provider=acme&provider=acme",
]; // biome-ignore format: one list

describe("a redirect address", () => {
  it("is refused together with a code challenge that is not one, in one error", async () => {
    const before = await begunLogins();
    const input = { provider: PROVIDER, redirectUri: `${PAGE}/`, codeChallenge: "x", transport: "BODY" };
    expect(await newUserAgent(app).refused(START_SOCIAL_LOGIN, { input })).toMatchObject({
      code: "BAD_USER_INPUT",
      fields: [{ path: "input.redirectUri" }, { path: "input.codeChallenge" }],
    });
    expect(await begunLogins()).toEqual(before);
  });

  it.each(ALLOWED)("is accepted if the settings name it: %s", async (redirectUri) => {
    const { authorizationUrl, state } = await startSocialLogin(newUserAgent(app), { redirectUri });
    const { searchParams } = new URL(authorizationUrl);
    expect(authorizationUrl).toMatch(`${provider.issuer}/`);
    expect(searchParams.get("redirect_uri")).toBe(redirectUri);
    expect(searchParams.get("state")).toBe(state);
  });

  for (const uri of [PAGE, OTHER_PAGE])
    it.each(disguisesOf(uri))(`is refused with %s (${uri})`, (_, disguised) => expectRefused(disguised));

  it.each(NO_PAGES)("is refused if it is %j", expectRefused);

  it("is refused if any single character differs", async () => {
    const allowed = fc.constantFrom(...ALLOWED);
    const anywhere = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    const character = fc.oneof(
      fc.string({ unit: "binary", minLength: 0, maxLength: 1 }),
      fc.constantFrom(..."/.:@?#%\\&= "),
    );
    const edited = fc.tuple(allowed, anywhere, character, fc.boolean()).map(([uri, where, put, isInserted]) => {
      const at = Math.floor(where * uri.length);
      return uri.slice(0, at) + put + uri.slice(isInserted ? at : at + 1);
    });
    await fc.assert(
      fc.asyncProperty(
        edited.filter((uri) => !ALLOWED.includes(uri)),
        expectRefused,
      ),
      { numRuns: 150 },
    );
  });
});
