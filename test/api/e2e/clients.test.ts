import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createApolloClient } from "../../support/clients/apollo.ts";
import { Browser, FIREFOX_ON_LINUX } from "../../support/clients/browser.ts";
import { Login, Me, MeAndUsers, RefreshTokens, Register, type Transport } from "../../support/clients/operations.ts";
import { createUrqlClient } from "../../support/clients/urql.ts";
import { refusalOf, refusedOf } from "../../support/clients/web-client.ts";
import { createUser } from "../../support/factories/tenants.ts";
import { newEmail, newPassword } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { logIn, runAccountLifecycle } from "./account-lifecycle.ts";

describe.each([
  ["Apollo Client", createApolloClient],
  ["urql", createUrqlClient],
])("with %s", (_, createClient) => {
  let app: TestApp;
  beforeAll(async () => {
    // No login may wait for a hash, and a hash takes some time, so concurrent logins overload the server.
    app = await startTestApp({ settings: { HASHING_QUEUE: "0", ARGON2_MEMORY_KIB: "4096" } });
  });
  afterAll(() => app?.stop());

  const newClient = (transport: Transport = "BODY", browser = new Browser(FIREFOX_ON_LINUX)) =>
    createClient(app.url, browser, transport);

  it("an account's whole life works with the refresh token in the response body", () =>
    runAccountLifecycle(app, createClient, "BODY"));

  it("an account's whole life works with the refresh token in a cookie", () =>
    runAccountLifecycle(app, createClient, "COOKIE"));

  it("a reloaded page finds its user with the cookie alone", async () => {
    const { email, password } = await createUser(app);
    const browser = new Browser(FIREFOX_ON_LINUX);
    await logIn(newClient("COOKIE", browser), email, password);
    const reloaded = newClient("COOKIE", browser);
    expect(await reloaded.run(Me, {})).toMatchObject({ me: { email } });
  });

  it("a visitor gets UNAUTHENTICATED after one attempt to refresh with the cookie", async () => {
    const visitor = newClient("COOKIE");
    expect(await refusalOf(visitor.run(Me, {}))).toMatchObject({ code: "UNAUTHENTICATED", status: 401 });
    expect(visitor.browser.timesSent("RefreshTokens")).toBe(1);
    expect(visitor.auth.getState()).toEqual({
      status: "SIGNED_OUT",
      sessionId: null,
      reason: null,
      tenantId: null,
      tenantError: null,
    });
  });

  it("the error of one field names the field", async () => {
    const { email, password } = await createUser(app);
    const client = newClient();
    await logIn(client, email, password);
    const { path, extensions } = await refusedOf(client.run(MeAndUsers, {}));
    expect({ path, ...extensions }).toMatchObject({ path: ["users"], code: "FORBIDDEN", status: 403 });
    expect(client.browser.network.at(-1)).toEqual({ operation: "MeAndUsers", status: 200 });
  });

  it("a form learns which of its fields is invalid, although the HTTP status is 400", async () => {
    const input = { transport: "BODY", email: "not an address", password: newPassword() } as const;
    const client = newClient();
    expect(await refusalOf(client.run(Register, { input }))).toEqual({
      code: "BAD_USER_INPUT",
      status: 400,
      fields: [{ path: "input.email", message: "Use an e-mail address." }],
    });
    expect(client.browser.network).toEqual([{ operation: "Register", status: 400 }]);
  });

  it("a frontend that forgets its credentials learns that no refresh token was received", async () => {
    const { message, extensions } = await refusedOf(newClient().run(RefreshTokens, {}));
    expect(extensions).toEqual({ code: "INVALID_REFRESH_TOKEN", status: 401 });
    expect(message).toBe("The refresh token is missing in both the input and the cookie.");
  });

  it("an unknown enum value is answered with the enum's name", async () => {
    const input = { identifier: newEmail(), password: newPassword(), transport: "cookie" as Transport };
    expect(await refusalOf(newClient().run(Login, { input }))).toMatchObject({
      fields: [{ path: "input.transport", message: "Use a value of type TokenTransport." }],
    });
  });

  it("an overload is an error like others, although the HTTP status is 503", async () => {
    const client = newClient();
    const attempts = Array.from({ length: 24 }, async (_each, n) =>
      refusalOf(
        client.run(Login, { input: { identifier: `nobody-${n}`, password: newPassword(), transport: "BODY" } }),
      ),
    );
    const refusals = await Promise.all(attempts);
    expect(refusals).toContainEqual({ code: "SERVICE_UNAVAILABLE", status: 503, retryAfter: expect.any(Number) });
    expect(new Set(client.browser.network.map(({ status }) => status))).toEqual(new Set([200, 503]));
    expect(new Set(refusals.map(({ code }) => code))).toEqual(new Set(["INVALID_CREDENTIALS", "SERVICE_UNAVAILABLE"]));
  });
});
