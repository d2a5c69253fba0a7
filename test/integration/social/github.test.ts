import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { GitHubSettings } from "#features/social/social-settings";
import { type GitHub, startGitHub } from "../../support/servers/github.ts";
import { buildProviders, expectRefusal, type Fixtures, newVisit, outgoingTo } from "./provider-fixtures.ts";

let github: GitHub;
let fixtures: Fixtures;

const settingsOf = ({ url, clientId, clientSecret }: GitHub): GitHubSettings => ({
  kind: "github",
  id: "github",
  name: "GitHub",
  server: url,
  clientId,
  clientSecret,
  scopes: "read:user user:email",
  vouchesFor: [],
});

beforeEach(async () => {
  github = await startGitHub("https://app.example/signed-in");
  fixtures = buildProviders(settingsOf(github));
});
afterEach(() => github.stop());

const authorizeAndReturn = async (visit = newVisit()) => ({
  visit,
  callback: await github.visit(await fixtures.provider.authorizationUrl(visit)),
});

const logIn = async () => {
  const { visit, callback } = await authorizeAndReturn();
  return fixtures.provider.identify(visit, callback);
};

const secretsOf = ({ visit, callback }: Awaited<ReturnType<typeof authorizeAndReturn>>) => [
  github.clientSecret,
  callback.code,
  visit.pkceVerifier,
  visit.state,
  "gho_",
  "people.example",
];

describe("GitHub", () => {
  it("identifies users by number, because names can change owners", async () => {
    expect(await logIn()).toEqual({
      issuer: `${github.url}/login/oauth`,
      subject: "583231",
      email: "octocat@people.example",
      emailVerified: true,
      emailVouched: false,
      name: "The Octocat",
    });
    expect(github.requests.toSorted()).toEqual([
      "GET /api/v3/user",
      "GET /api/v3/user/emails?per_page=100",
      "GET /login/oauth/authorize",
      "POST /login/oauth/access_token",
    ]);
  });

  it("receives state, scopes and an S256 challenge, and no secret through the browser", async () => {
    const visit = newVisit();
    const { origin, pathname, searchParams } = await fixtures.provider.authorizationUrl(visit);
    expect(origin + pathname).toBe(`${github.url}/login/oauth/authorize`);
    expect(Object.fromEntries(searchParams)).toEqual({
      client_id: github.clientId,
      response_type: "code",
      redirect_uri: visit.redirectUri,
      scope: "read:user user:email",
      state: visit.state,
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: "S256",
    });
  });

  it("uses github.com and api.github.com if the settings name no server", async () => {
    const httpClient = outgoingTo({
      "https://github.com": github.url,
      "https://api.github.com": `${github.url}/api/v3`,
    });
    fixtures = buildProviders({ ...settingsOf(github), server: "https://github.com" }, httpClient);
    const visit = newVisit();
    const url = await fixtures.provider.authorizationUrl(visit);
    expect(url.origin).toBe("https://github.com");
    const { code } = await github.visit(new URL(url.href.replace(url.origin, github.url)));
    expect(await fixtures.provider.identify(visit, { code, iss: "https://github.com/login/oauth" })).toMatchObject({
      issuer: "https://github.com/login/oauth",
      subject: "583231",
    });
  });

  it("compares the redirect URI character by character, including its query", async () => {
    const { visit, callback } = await authorizeAndReturn(
      newVisit({ redirectUri: "https://APP.example?from=portcullis" }),
    );
    expect(await fixtures.provider.identify(visit, callback)).toMatchObject({ subject: "583231" });
  });
});

describe("an address from GitHub", () => {
  const addressOf = async (person: Partial<GitHub["person"]>) => {
    github.person = { ...github.person, ...person };
    const { email, emailVerified } = await logIn();
    return { email, emailVerified };
  };

  it("is unverified if GitHub says so", async () => {
    const addresses = [{ email: "victim@people.example", primary: true, verified: false }];
    expect(await addressOf({ addresses })).toEqual({ email: "victim@people.example", emailVerified: false });
  });

  it("is neither another verified one nor the one in the public profile", async () => {
    const addresses = [{ email: "octocat@old.example", primary: false, verified: true }];
    expect(await addressOf({ addresses, email: "victim@people.example" })).toEqual({
      email: null,
      emailVerified: false,
    });
  });

  it("is unknown if the user does not share it; the user is identified anyway", async () => {
    github.scopes = ["read:user"];
    expect(await logIn()).toMatchObject({ subject: "583231", email: null, emailVerified: false });
  });
});

describe("GitHub refuses", () => {
  const expectInvalidGrant = async (begun: Awaited<ReturnType<typeof authorizeAndReturn>>) =>
    expectRefusal(fixtures, fixtures.provider.identify(begun.visit, begun.callback), "INVALID_TOKEN", secretsOf(begun));

  it("a code that was used before, although the response has status 200", async () => {
    const begun = await authorizeAndReturn();
    await fixtures.provider.identify(begun.visit, begun.callback);
    await expectInvalidGrant(begun);
    expect(fixtures.logs).toEqual([expect.stringContaining("bad_verification_code")]);
  });

  it("an unknown code, or one of another authorization request", async () => {
    const [mine, theirs] = [await authorizeAndReturn(), await authorizeAndReturn()];
    await expectInvalidGrant({ visit: mine.visit, callback: { ...mine.callback, code: "made-up-4711" } });
    await expectInvalidGrant({ visit: mine.visit, callback: theirs.callback });
    expect(github.requests).not.toContain("GET /api/v3/user");
  });

  it("a callback with an unexpected issuer", async () => {
    const begun = await authorizeAndReturn();
    const before = github.requests.length;
    await expectInvalidGrant({ ...begun, callback: { ...begun.callback, iss: "https://id.another.example" } });
    expect(github.requests).toHaveLength(before);
  });

  it("the client secret, which is logged for the operator", async () => {
    fixtures = buildProviders({ ...settingsOf(github), clientSecret: "s3cret-that-is-wrong" });
    const begun = await authorizeAndReturn();
    const refusal = fixtures.provider.identify(begun.visit, begun.callback);
    await expectRefusal(fixtures, refusal, "UPSTREAM_FAILED", [...secretsOf(begun), "s3cret-that-is-wrong"]);
    expect(fixtures.logs).toEqual([expect.stringContaining("incorrect_client_credentials")]);
  });

  it("users who never verified their address", async () => {
    const begun = await authorizeAndReturn();
    github.instead.set("/login/oauth/access_token", { status: 200, body: { error: "unverified_user_email" } });
    const refusal = fixtures.provider.identify(begun.visit, begun.callback);
    const error = await expectRefusal(fixtures, refusal, "FORBIDDEN", secretsOf(begun));
    expect(error.reason).toBe("EMAIL_NOT_VERIFIED");
  });
});

describe("a response of GitHub is refused", () => {
  it("if no server listens", async () => {
    const begun = await authorizeAndReturn();
    await github.stop();
    const refusal = fixtures.provider.identify(begun.visit, begun.callback);
    await expectRefusal(fixtures, refusal, "UPSTREAM_FAILED", secretsOf(begun));
    expect(fixtures.logs).toEqual([expect.stringContaining("UNREACHABLE")]);
  });

  it.each([
    ["/api/v3/user", 500, { message: "gho_canary" }],
    ["/api/v3/user", 401, { message: "Bad credentials" }],
    ["/api/v3/user", 200, { login: "octocat" }],
    ["/api/v3/user", 200, { id: "583231" }],
    ["/api/v3/user", 200, { id: -1 }],
    ["/api/v3/user", 200, { id: 1.5 }],
    ["/api/v3/user", 200, { id: 2 ** 60 }],
    ["/api/v3/user", 200, null],
    ["/api/v3/user/emails", 500, {}],
    ["/api/v3/user/emails", 200, { email: "octocat@people.example", primary: true, verified: true }],
    ["/api/v3/user/emails", 200, [{ email: "octocat@people.example", primary: true, verified: "true" }]],
    ["/login/oauth/access_token", 200, { token_type: "bearer" }],
    ["/login/oauth/access_token", 200, []],
    ["/login/oauth/access_token", 500, { error: "bad_verification_code" }],
    ["/login/oauth/access_token", 302, {}],
  ])("if %s answers %i %j", async (path, status, body) => {
    const begun = await authorizeAndReturn();
    github.instead.set(path, { status, body });
    const refusal = fixtures.provider.identify(begun.visit, begun.callback);
    await expectRefusal(fixtures, refusal, "UPSTREAM_FAILED", secretsOf(begun));
    expect(fixtures.logs).toHaveLength(1);
  });
});
