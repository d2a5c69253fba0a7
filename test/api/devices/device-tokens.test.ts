import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { UserId } from "#shared/ids";
import { beginLogin, enableTotp, finishLogin, VERIFY_TOTP, waitForNewCode } from "../../support/clients/factors.ts";
import type { UntypedData } from "../../support/clients/graphql.ts";
import { eventsOf } from "../../support/factories/stored-users.ts";
import { createMember, createTenant } from "../../support/factories/tenants.ts";
import { LOGIN, logIn, newAddress, newPassword, REFRESH, type SignedInUser } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

const FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const anyUser = async (): Promise<SignedInUser> => createMember(app, await createTenant(app));
const lastLoginOf = async ({ id }: SignedInUser): Promise<UntypedData> =>
  (await eventsOf(app, { id: id as UserId })).filter(({ type }) => type === "LOGIN_SUCCEEDED").at(-1)?.details;

describe("a device", () => {
  it("is recognised by its token, whatever its address and User-Agent are", async () => {
    const bob = await anyUser();
    const { deviceToken } = bob.client;
    const elsewhere = app.client({ "x-forwarded-for": newAddress(), "user-agent": FIREFOX });
    await logIn(elsewhere, bob.email, bob.password, { deviceToken: deviceToken ?? "" });
    expect(await lastLoginOf(bob)).toMatchObject({ newDevice: false });
    expect(elsewhere.deviceToken).toBe(deviceToken);
  });

  it("with the same User-Agent at another address is a new one", async () => {
    const bob = await anyUser();
    const home = app.client({ "x-forwarded-for": newAddress(), "user-agent": FIREFOX });
    await logIn(home, bob.email, bob.password);
    const elsewhere = app.client({ "x-forwarded-for": newAddress(), "user-agent": FIREFOX });
    await logIn(elsewhere, bob.email, bob.password);
    expect(await lastLoginOf(bob)).toMatchObject({ newDevice: true });
    expect(elsewhere.deviceToken).not.toBe(home.deviceToken);
  });

  it("with the same User-Agent at the same address is a new one, too", async () => {
    const bob = await anyUser();
    const address = newAddress();
    const one = app.client({ "x-forwarded-for": address, "user-agent": FIREFOX });
    const other = app.client({ "x-forwarded-for": address, "user-agent": FIREFOX });
    for (const client of [one, other]) await logIn(client, bob.email, bob.password);
    expect(await lastLoginOf(bob)).toMatchObject({ newDevice: true });
    expect(other.deviceToken).not.toBe(one.deviceToken);
  });
});

describe("a stolen device token", () => {
  /** The token of another user's trusted device. */
  const stolen = async () => {
    const bob = await anyUser();
    const { authenticator } = await enableTotp(app, bob);
    waitForNewCode(app);
    const client = app.client();
    const { challenge } = await beginLogin(client, bob);
    const code = authenticator.code(app.clock.now());
    const { session } = await finishLogin(client, VERIFY_TOTP, { challenge, code, trustDevice: true });
    expect(session.device.trusted).toBe(true);
    return { bob, deviceToken: client.deviceToken ?? "" };
  };

  it("does not replace the password", async () => {
    const { bob, deviceToken } = await stolen();
    const input = { identifier: bob.email, password: newPassword(), deviceToken };
    expect(await app.client().refused(LOGIN, { input })).toEqual({ code: "INVALID_CREDENTIALS", status: 401 });
  });

  it("does not replace the second factor", async () => {
    const { bob, deviceToken } = await stolen();
    expect(await beginLogin(app.client(), bob, { deviceToken })).toMatchObject({
      __typename: "SecondFactorRequired",
      reason: "SECOND_FACTOR_ENABLED",
    });
  });

  it("is not accepted as any other kind of token", async () => {
    const { bob, deviceToken } = await stolen();
    const thief = app.client();
    thief.accessToken = deviceToken;
    expect(await thief.refused("{ me { id } }")).toMatchObject({ code: "UNAUTHENTICATED" });
    thief.accessToken = null;
    expect(await thief.refused(REFRESH, { token: deviceToken })).toMatchObject({ code: "INVALID_REFRESH_TOKEN" });
    const input = { challenge: deviceToken, code: "123456" };
    expect(
      await thief.refused("mutation ($input: VerifyTotpInput!) { verifyTotp(input: $input) { __typename } }", {
        input,
      }),
    ).toMatchObject({ code: "INVALID_TOKEN" });
    const { sessions } = await bob.client.ask("{ sessions { id } }");
    expect(sessions).toHaveLength(2);
  });

  it("does not make another user's login one from a known device, and does not change its owner", async () => {
    const { deviceToken } = await stolen();
    const mallory = await anyUser();
    const client = app.client();
    const { session } = await logIn(client, mallory.email, mallory.password, { deviceToken });
    expect(await lastLoginOf(mallory)).toMatchObject({ newDevice: true, sessionId: session.id });
    expect(client.deviceToken).not.toBe(deviceToken);
  });
});
