import { createClient } from "graphql-ws";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import {
  type Auth,
  createAuth,
  createLoginFlow,
  createReauthentication,
  type Fetch,
  type LoginFlow,
  type LoginFlowOptions,
  type LoginState,
  socketOptions,
} from "../../../src/client/index.ts";
import { SoftwareAuthenticator } from "../../support/clients/authenticator.ts";
import { Browser, FIREFOX_ON_LINUX } from "../../support/clients/browser.ts";
import { CONFIRM_LOGIN, confirmationToken, DENY_LOGIN, userWithHistory } from "../../support/clients/confirmations.ts";
import { enableTotp, waitForNewCode } from "../../support/clients/factors.ts";
import { passkeysOf } from "../../support/clients/passkeys.ts";
import {
  newProviderUser,
  PROVIDER,
  ProviderUserAgent,
  REDIRECT_URI,
  socialSettings,
} from "../../support/clients/social.ts";
import { createTenant } from "../../support/factories/tenants.ts";
import {
  newAddress,
  newEmail,
  newPassword,
  register,
  type SignedInUser,
  signUp,
} from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { type OidcProvider, startOidcProvider } from "../../support/servers/oidc-provider.ts";
import { WAIT } from "../../support/timeouts.ts";

const ORIGIN = "https://id.example.test";

let app: TestApp;
let provider: OidcProvider;
beforeAll(async () => {
  provider = await startOidcProvider({ redirectUris: [REDIRECT_URI] });
  app = await startTestApp({ settings: { PUBLIC_URL: ORIGIN, ...socialSettings({ [PROVIDER]: provider }) } });
});
afterEach(() => void vi.unstubAllGlobals());
afterAll(async () => {
  await app?.stop();
  await provider?.stop();
});

type Transport = Auth["transport"];

/** A page of a frontend with the kit, in a new browser at a new address. */
const open = (transport: Transport = "COOKIE", options: LoginFlowOptions | ((auth: Auth) => LoginFlowOptions) = {}) => {
  const browser = new Browser(FIREFOX_ON_LINUX);
  const address = newAddress();
  const fetch: Fetch = (url, init) =>
    browser.fetch(url, { ...init, headers: { ...init.headers, "x-forwarded-for": address } });
  const auth = createAuth({ url: `${app.url}/graphql`, transport, fetch });
  const flow = createLoginFlow(auth, typeof options === "function" ? options(auth) : options);
  return { auth, flow, browser };
};

const at = <Step extends LoginState["step"]>(flow: LoginFlow, step: Step): Extract<LoginState, { step: Step }> => {
  const state = flow.getState();
  expect(state).toMatchObject({ step, error: null });
  return state as Extract<LoginState, { step: Step }>;
};

const givePassword = (flow: LoginFlow, { email, password }: Pick<SignedInUser, "email" | "password">) =>
  at(flow, "CREDENTIALS").logInWithPassword({ identifier: email, password });

/** Waits until the flow has reached this step by itself. */
const reach = <Step extends LoginState["step"]>(flow: LoginFlow, step: Step) => vi.waitFor(() => at(flow, step), WAIT);

describe.each<Transport>(["COOKIE", "BODY"])("the login flow with transport %s", (transport) => {
  it("logs in with a password and an authenticator app, after a wrong code", async () => {
    const user = await signUp(app);
    const { authenticator } = await enableTotp(app, user);
    waitForNewCode(app);
    const { auth, flow } = open(transport);
    await givePassword(flow, user);
    const state = at(flow, "SECOND_FACTOR");
    expect(state).toMatchObject({ factor: "TOTP", factors: ["TOTP", "BACKUP_CODE"] });
    if (state.factor !== "TOTP") throw new Error("Another factor is preferred.");
    await state.submitCode(authenticator.wrongCode(app.clock.now()));
    expect(flow.getState().error).toMatchObject({ code: "INVALID_CODE", attemptsLeft: 4 });
    expect(auth.getState().status).not.toBe("SIGNED_IN");
    await state.submitCode(authenticator.code(app.clock.now()));
    const { user: shown, session } = at(flow, "SIGNED_IN");
    expect(shown).toMatchObject({ id: user.id, email: user.email, mfa: { totpEnabled: true } });
    expect(session.authenticatedWith).toEqual(["PASSWORD", "TOTP"]);
    expect(auth.getState()).toMatchObject({ status: "SIGNED_IN" });
  });

  it("logs in at a provider", async () => {
    const { auth, flow } = open(transport);
    const { subject, email } = newProviderUser(provider);
    const start = { provider: PROVIDER, redirectUri: REDIRECT_URI };
    const url = await at(flow, "CREDENTIALS").startSocialLogin(start);
    const { searchParams } = await new ProviderUserAgent().open(url ?? "", subject);
    const [state = "", code, iss] = ["state", "code", "iss"].map((name) => searchParams.get(name));
    await at(flow, "CREDENTIALS").finishSocialLogin({
      state: state ?? "",
      code: code ?? null,
      iss: iss ?? null,
      error: null,
    });
    expect(at(flow, "SIGNED_IN").user).toMatchObject({ email, hasPassword: false });
    expect(auth.getState().status).toBe("SIGNED_IN");
  });

  it("ends the session of a login that was cancelled while its answer was on the way", async () => {
    const user = await signUp(app);
    const { auth, flow, browser } = open(transport);
    const send = browser.fetch;
    Object.assign(browser, {
      fetch: async (...request: Parameters<Fetch>) => {
        const response = await send(...request);
        const state = flow.getState();
        if (state.step === "CREDENTIALS" && state.busy) state.restart();
        return response;
      },
    });
    await givePassword(flow, user);
    expect(at(flow, "CREDENTIALS").busy).toBe(false);
    expect(auth.getState().status).not.toBe("SIGNED_IN");
    expect(browser.timesSent("Login")).toBe(1);
    const { sessions } = await user.client.ask("{ sessions { id } }");
    expect(sessions).toEqual([{ id: user.sessionId }]);
  });
});

describe("a login that its user confirms by mail", () => {
  it("continues by itself in the waiting client, by its socket", async () => {
    const user = await userWithHistory(app, await createTenant(app));
    const { auth, flow } = open("BODY", (login) => ({
      socket: createClient({
        url: `${app.url.replace(/^http/, "ws")}/graphql`,
        webSocketImpl: WebSocket,
        ...socketOptions(login),
      }),
    }));
    const leave = flow.subscribe(() => {});
    await givePassword(flow, user);
    const { number } = at(flow, "CONFIRMATION");
    await app.client().ask(CONFIRM_LOGIN, { token: await confirmationToken(app, user), number });
    expect((await reach(flow, "SIGNED_IN")).user.id).toBe(user.id);
    expect(auth.getState().status).toBe("SIGNED_IN");
    leave();
  });

  it("starts again in the waiting client if the user denies it, once its tab is shown", async () => {
    const page = new EventTarget();
    vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
    vi.stubGlobal("removeEventListener", page.removeEventListener.bind(page));
    const user = await userWithHistory(app, await createTenant(app));
    const { auth, flow } = open();
    const leave = flow.subscribe(() => {});
    await givePassword(flow, user);
    at(flow, "CONFIRMATION");
    await app.client().ask(DENY_LOGIN, { token: await confirmationToken(app, user) });
    page.dispatchEvent(new Event("visibilitychange"));
    expect((await reach(flow, "CREDENTIALS")).restartReason).toBe("DENIED");
    expect(auth.getState().status).not.toBe("SIGNED_IN");
    leave();
  });
});

describe("passkeys", () => {
  /** A user with a passkey in the authenticator of this browser. */
  const owner = async (): Promise<SignedInUser> => {
    const device = new SoftwareAuthenticator();
    const user = await signUp(app);
    await passkeysOf(app).enrol(user, (publicKey) => device.create(publicKey, { origin: ORIGIN }));
    vi.stubGlobal("PublicKeyCredential", { parseRequestOptionsFromJSON: (options: unknown) => options });
    const get = async ({ publicKey }: { publicKey: Parameters<SoftwareAuthenticator["get"]>[0] }) => ({
      toJSON: () => device.get(publicKey, { origin: ORIGIN }),
    });
    vi.stubGlobal("navigator", { credentials: { get } });
    return user;
  };

  it("log in without a password", async () => {
    const user = await owner();
    const { flow } = open();
    await at(flow, "CREDENTIALS").logInWithPasskey();
    expect(at(flow, "SIGNED_IN").user.id).toBe(user.id);
  });

  it("complete a login with a password, and step up", async () => {
    const user = await owner();
    const { auth, flow } = open();
    await givePassword(flow, user);
    const state = at(flow, "SECOND_FACTOR");
    if (state.factor !== "PASSKEY") throw new Error("Another factor is preferred.");
    await state.usePasskey();
    at(flow, "SIGNED_IN");
    const stepUp = createReauthentication(auth);
    const changed = stepUp.run(() => changeEmail(auth));
    const prompt = await vi.waitFor(() => {
      const dialog = stepUp.getState();
      if (dialog.step !== "PROOF" || dialog.method !== "PASSKEY") throw new Error(dialog.step);
      return dialog;
    }, WAIT);
    await prompt.usePasskey();
    expect(await changed).toMatchObject({ changeEmail: { newEmail: expect.any(String) } });
  });
});

/** A mutation that needs a step-up, sent as an app without a GraphQL client does. */
const changeEmail = async (auth: Auth): Promise<unknown> => {
  const { headers } = await auth.authorize();
  const query = "mutation ($email: EmailAddress!) { changeEmail(input: { newEmail: $email }) { newEmail } }";
  const response = await auth.endpoint.fetch(auth.endpoint.url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ query, variables: { email: newEmail() } }),
    credentials: "include",
    keepalive: false,
  });
  const { data, errors } = (await response.json()) as { data: unknown; errors?: unknown };
  if (errors) throw errors;
  return data;
};

it("steps up with the password for all refused calls at once, after a wrong one", async () => {
  const user = await signUp(app);
  const { auth, flow } = open();
  await givePassword(flow, user);
  const stepUp = createReauthentication(auth);
  const calls = [stepUp.run(() => changeEmail(auth)), stepUp.run(() => changeEmail(auth))];
  const prompt = await vi.waitFor(() => {
    const dialog = stepUp.getState();
    if (dialog.step !== "PROOF" || dialog.method !== "PASSWORD") throw new Error(dialog.step);
    return dialog;
  }, WAIT);
  await prompt.submit("wrong");
  expect(stepUp.getState()).toMatchObject({ error: { code: "FORBIDDEN", reason: "INCORRECT_PASSWORD" } });
  await prompt.submit(user.password);
  expect(await Promise.all(calls)).toHaveLength(2);
  expect(stepUp.getState()).toMatchObject({ step: "IDLE" });
});

it("asks for a password if a mailed link was opened on another device, and then logs in", async () => {
  const email = newEmail();
  const token = await register(app, { email, password: newPassword() });
  const { flow } = open();
  await at(flow, "CREDENTIALS").verifyEmail({ token });
  await at(flow, "PASSWORD_REQUIRED").setPassword({ password: "short" });
  expect(flow.getState()).toMatchObject({ step: "PASSWORD_REQUIRED", error: { code: expect.any(String) } });
  const state = flow.getState();
  if (state.step !== "PASSWORD_REQUIRED") throw new Error(state.step);
  await state.setPassword({ password: newPassword(), name: "Ada" });
  expect(at(flow, "SIGNED_IN").user).toMatchObject({ email, name: "Ada" });
});
