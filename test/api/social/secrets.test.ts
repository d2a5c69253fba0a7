import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  authorizeAtProvider,
  type Callback,
  FINISH_SOCIAL_LOGIN,
  finishSocialLogin,
  linkSocial,
  newAppBinding,
  newProviderUser,
  newUserAgent,
  PROVIDER,
  REDIRECT_URI,
  START_SOCIAL_LOGIN,
  socialSettings,
  startSocialLogin,
} from "../../support/clients/social.ts";
import { createUser } from "../../support/factories/tenants.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { type OidcProvider, startOidcProvider } from "../../support/servers/oidc-provider.ts";
import { tracesIn } from "../../support/servers/traces.ts";

const CANARY = "canary-5be1a2f0";

let app: TestApp;
let acme: OidcProvider;
beforeAll(async () => {
  acme = await startOidcProvider({ redirectUris: [REDIRECT_URI] });
  app = await startTestApp({ settings: socialSettings({ [PROVIDER]: acme }) });
});
afterAll(async () => {
  await app?.stop();
  await acme?.stop();
});

/** The secret parts of the authorization URL. */
const secretsIn = (authorizationUrl: string): string[] =>
  ["state", "nonce"].map((name) => new URL(authorizationUrl).searchParams.get(name) ?? "");

const secretsOf = ({ state, code }: Callback): string[] => [state, code];

/** A complete round trip, by a browser and by an app, once with an invalid code and once while the provider fails. */
const secretsOfALife = async (): Promise<string[]> => {
  const { subject } = newProviderUser(acme);
  const browser = newUserAgent(app);
  const { authorizationUrl } = await startSocialLogin(browser);
  const callback = await authorizeAtProvider(browser, subject);
  const login = await finishSocialLogin(browser, callback);

  const { codeChallenge, codeVerifier } = newAppBinding();
  const appsCallback = await authorizeAtProvider(newUserAgent(app), subject, { codeChallenge });
  await finishSocialLogin(newUserAgent(app), appsCallback, { codeVerifier });

  const wrong = await authorizeAtProvider(browser, subject);
  await browser.refused(FINISH_SOCIAL_LOGIN, { input: { ...wrong, code: `${CANARY}-code` } });
  await browser.refused(FINISH_SOCIAL_LOGIN, { input: { ...wrong, iss: `https://${CANARY}-iss.example` } });
  await browser.refused(FINISH_SOCIAL_LOGIN, {
    input: { state: `${CANARY}-state`, code: `${CANARY}-code`, codeVerifier: `${CANARY}-verifier` },
  });
  const late = await authorizeAtProvider(browser, subject);
  acme.trouble = "broken";
  await browser.refused(FINISH_SOCIAL_LOGIN, { input: late });
  acme.trouble = null;
  const input = { provider: PROVIDER, redirectUri: `https://${CANARY}.example/cb`, codeChallenge: CANARY };
  await browser.refused(START_SOCIAL_LOGIN, { input });

  const { client } = await createUser(app);
  await linkSocial(client, newProviderUser(acme).subject);
  return [
    ...secretsIn(authorizationUrl),
    ...[callback, appsCallback, wrong, late].flatMap(secretsOf),
    ...[codeVerifier, browser.cookies.get("__Host-portcullis_social") ?? "", acme.clientSecret],
    ...[login.tokens.accessToken, login.tokens.refreshToken, login.deviceToken],
    encodeURIComponent(acme.clientSecret),
    CANARY,
  ];
};

it("no secret of the authorization flow is in the log, the metrics, a table or a job", async () => {
  const secrets = await secretsOfALife();
  for (const secret of secrets) expect(secret.length).toBeGreaterThan(10);
  const places = await tracesIn(app);
  expect(places.log).toContain("a step of a social login failed");
  expect(places.metrics).toContain("finishSocialLogin");
  for (const table of ["social_logins", "social_accounts"]) expect(places[table]).toContain('"tenant_id"');
  for (const [place, content] of Object.entries(places))
    for (const secret of secrets) expect(content.includes(secret), `${place} has ${secret}`).toBe(false);
});

it("one address starts sixty logins in ten minutes and submits as many callbacks, however many it tries concurrently", async () => {
  const flood = newUserAgent(app);
  const count = async () => {
    const [row] = await app.app.db.execute<{ count: number }>(sql`select count(*)::int as count from social_logins`);
    return row?.count ?? 0;
  };
  const [before, asked] = [await count(), acme.requests.length];
  const start = { input: { provider: PROVIDER, redirectUri: REDIRECT_URI } };
  const finish = { input: { state: "s".repeat(43), code: "c" } };
  const answers = await Promise.all(
    Array.from({ length: 75 }, async () => [
      await flood.send(START_SOCIAL_LOGIN, start),
      await flood.send(FINISH_SOCIAL_LOGIN, finish),
    ]),
  );
  const codes = answers.flat().flatMap(({ errors }) => errors.map(({ extensions }) => extensions.code));
  expect(codes.filter((code) => code === "RATE_LIMITED")).toHaveLength(2 * 15);
  expect(codes.filter((code) => code === "INVALID_TOKEN")).toHaveLength(60);
  expect(await count()).toBe(before + 60);
  expect(acme.requests).toHaveLength(asked);
});
