import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createUser } from "../../support/factories/tenants.ts";
import { LOGIN, logIn, newPassword } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

describe("sessions", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.stop());

  it("are listed, the current one marked, most recently active first", async () => {
    const alice = await createUser(app);
    const phone = app.client({
      "user-agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0",
    });
    await logIn(phone, alice.email, alice.password);
    const { sessions } = await phone.ask(
      "{ sessions { id current device { label type trusted } user { email } authenticatedWith ipAddress } }",
    );
    expect(sessions).toHaveLength(2);
    expect(sessions[0]).toMatchObject({
      current: true,
      device: { label: "Firefox on Windows", type: "DESKTOP", trusted: false },
      user: { email: alice.email },
      authenticatedWith: ["PASSWORD"],
    });
    expect(sessions[1]?.id).toBe(alice.sessionId);
  });

  it("end immediately, for both tokens, when they are deleted from another one", async () => {
    const alice = await createUser(app);
    const phone = app.client();
    const { session } = await logIn(phone, alice.email, alice.password);
    await alice.client.ask(
      "mutation ($id: ID!) { deleteSession(input: { sessionId: $id }) { session { endReason } } }",
      {
        id: session.id,
      },
    );
    expect(await phone.refused("{ me { id } }")).toMatchObject({ code: "UNAUTHENTICATED", status: 401 });
    expect(await phone.refused(REFRESH, { input: { refreshToken: phone.refreshToken } })).toMatchObject({
      code: "INVALID_REFRESH_TOKEN",
    });
    await alice.client.ask("{ me { id } }");
  });

  it("refresh: the old token is rotated, and gets the same successor for ten seconds", async () => {
    const { client } = await createUser(app);
    const first = client.refreshToken;
    const one = await client.ask(REFRESH, { input: { refreshToken: first } });
    const two = await client.ask(REFRESH, { input: { refreshToken: first } });
    expect(one.refreshToken.tokens.refreshToken).not.toBe(first);
    expect(two.refreshToken.tokens.refreshToken).toBe(one.refreshToken.tokens.refreshToken);
  });

  it("end with a mail when a rotated refresh token is reused later", async () => {
    const alice = await createUser(app);
    const stolen = alice.client.refreshToken;
    const { refreshToken } = await alice.client.ask(REFRESH, { input: { refreshToken: stolen } });
    app.clock.advance(10_000);
    expect(await app.client().refused(REFRESH, { input: { refreshToken: stolen } })).toMatchObject({
      code: "INVALID_REFRESH_TOKEN",
      reason: "TOKEN_REUSED",
    });
    expect(
      await app.client().refused(REFRESH, { input: { refreshToken: refreshToken.tokens.refreshToken } }),
    ).toMatchObject({
      code: "INVALID_REFRESH_TOKEN",
    });
    expect(await alice.client.refused("{ me { id } }")).toMatchObject({ code: "UNAUTHENTICATED" });
    await app.mail.waitForMail({ to: alice.email, subject: /session|signed out|secur/i });
  });

  it("are not opened by a wrong password", async () => {
    const alice = await createUser(app);
    const answer = await app.client().refused(LOGIN, { input: { identifier: alice.email, password: newPassword() } });
    expect(answer).toEqual({ code: "INVALID_CREDENTIALS", status: 401 });
    const { sessions } = await alice.client.ask("{ sessions { id } }");
    expect(sessions).toHaveLength(1);
  });
});

const REFRESH =
  "mutation ($input: RefreshTokenInput) { refreshToken(input: $input) { tokens { accessToken refreshToken } } }";
