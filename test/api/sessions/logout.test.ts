import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MINUTE } from "#shared/durations";
import type { GraphQLClient } from "../../support/clients/graphql.ts";
import { ENDINGS, endedSessionIds, endingScene } from "../../support/factories/session-ends.ts";
import { createUser } from "../../support/factories/tenants.ts";
import { logIn, REFRESH } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const LOGOUT = "mutation ($input: LogoutInput) { logout(input: $input) { endedSessionId } }";
const LOGOUT_ALL = "mutation ($input: LogoutAllInput) { logoutAll(input: $input) { endedSessionIds } }";

const byToken = (refreshToken: string | null) => ({ input: { refreshToken } });

/** Whether the session of these tokens has ended. */
const isOver = async (client: GraphQLClient): Promise<boolean> => {
  const { errors } = await app.client().send(REFRESH, { token: client.refreshToken });
  return errors.length > 0;
};

/** Alice on two devices, the second in cookie mode. */
const onTwoDevices = async () => {
  const alice = await createUser(app);
  const other = app.client();
  await logIn(other, alice.email, alice.password, { transport: "COOKIE" });
  return { alice, other };
};

describe("logout", () => {
  it("accepts a refresh token alone, also of an earlier generation, after the access token has expired", async () => {
    const { alice, other } = await onTwoDevices();
    const spent = alice.client.refreshToken;
    const { refreshToken } = await app.client().ask(REFRESH, { token: spent });
    app.clock.advance(20 * MINUTE);
    expect(await app.client().ask(LOGOUT, byToken(spent))).toEqual({
      logout: { endedSessionId: expect.any(String) },
    });
    expect(await app.client().refused(REFRESH, { token: refreshToken.tokens.refreshToken })).toMatchObject({
      code: "INVALID_REFRESH_TOKEN",
      endReason: "LOGGED_OUT",
    });
    await other.ask("mutation { refreshToken { tokens { accessToken } } }");
  });

  it("accepts the cookie alone, and clears it", async () => {
    const { other } = await onTwoDevices();
    other.accessToken = null;
    expect(await other.ask(LOGOUT)).toEqual({ logout: { endedSessionId: expect.any(String) } });
    expect([...other.cookies.keys()]).not.toContain("__Host-portcullis_refresh");
  });

  it("accepts the cookie if the access token has expired", async () => {
    const { other } = await onTwoDevices();
    app.clock.advance(20 * MINUTE);
    expect(await other.ask("mutation { logout { endedSessionId } }")).toEqual({
      logout: { endedSessionId: expect.any(String) },
    });
  });

  it("uses the token in the input, whatever session the access token has", async () => {
    const { alice } = await onTwoDevices();
    const bob = await createUser(app);
    expect(await bob.client.ask(LOGOUT, byToken(alice.client.refreshToken))).toEqual({
      logout: { endedSessionId: expect.any(String) },
    });
    expect([await isOver(alice.client), await isOver(bob.client)]).toEqual([true, false]);
  });

  it("everywhere accepts a refresh token alone", async () => {
    const { alice, other } = await onTwoDevices();
    expect(await app.client().ask(LOGOUT_ALL, byToken(alice.client.refreshToken))).toEqual({
      logoutAll: { endedSessionIds: endedSessionIds(2) },
    });
    expect(await other.refused("mutation { refreshToken { tokens { accessToken } } }")).toMatchObject({
      code: "INVALID_REFRESH_TOKEN",
    });
  });

  it("from a session that has ended returns an error, and does nothing", async () => {
    const { alice } = await onTwoDevices();
    const token = alice.client.refreshToken;
    await app.client().ask(LOGOUT, byToken(token));
    for (const mutation of [LOGOUT, LOGOUT_ALL])
      expect(await app.client().refused(mutation, byToken(token))).toEqual({
        code: "INVALID_REFRESH_TOKEN",
        status: 401,
        endReason: "LOGGED_OUT",
      });
  });

  it.each([
    ["nothing", {}, "UNAUTHENTICATED"],
    ["an invalid token", byToken("nonsense"), "INVALID_REFRESH_TOKEN"],
    ["an empty token", byToken(""), "INVALID_REFRESH_TOKEN"],
  ])("with %s is refused", async (_, variables, code) => {
    expect(await app.client().refused(LOGOUT, variables)).toEqual({ code, status: 401 });
    expect(await app.client().refused(LOGOUT_ALL, variables)).toEqual({ code, status: 401 });
  });

  it("with a forged token ends nothing", async () => {
    const { alice } = await onTwoDevices();
    const token = String(alice.client.refreshToken);
    const forged = `${token.slice(0, 40)}${token[40] === "A" ? "B" : "A"}${token.slice(41)}`;
    expect(await app.client().refused(LOGOUT, byToken(forged))).toEqual({ code: "INVALID_REFRESH_TOKEN", status: 401 });
    expect(await isOver(alice.client)).toBe(false);
  });

  it("twice in one operation is refused", async () => {
    const { alice } = await onTwoDevices();
    const input = `input: { refreshToken: "${alice.client.refreshToken}" }`;
    const query = `mutation { a: logout(${input}) { endedSessionId } b: logout(${input}) { endedSessionId } }`;
    expect(await app.client().refused(query)).toMatchObject({ code: "BAD_REQUEST" });
    expect(await isOver(alice.client)).toBe(false);
  });
});

describe("the reason why a session ended", () => {
  const told = Object.entries(ENDINGS).filter(([, { reason }]) => reason !== null);

  it.each(told)("is returned to its refresh token, after %s, and to no other", async (_, { end, reason }) => {
    const scene = await endingScene(app);
    const token = String(scene.user.client.refreshToken);
    await end(scene);
    expect(await app.client().refused(REFRESH, { token })).toEqual({
      code: "INVALID_REFRESH_TOKEN",
      status: 401,
      endReason: reason,
    });
    const forged = `${token.slice(0, 40)}${token[40] === "A" ? "B" : "A"}${token.slice(41)}`;
    const unknown = { code: "INVALID_REFRESH_TOKEN", status: 401 };
    expect(await app.client().refused(REFRESH, { token: forged })).toEqual(unknown);
  });

  it("is EXPIRED if it was not refreshed in time", async () => {
    const { client } = await createUser(app);
    app.clock.advance(8 * 24 * 60 * MINUTE);
    expect(await app.client().refused(REFRESH, { token: client.refreshToken })).toMatchObject({ endReason: "EXPIRED" });
  });
});
