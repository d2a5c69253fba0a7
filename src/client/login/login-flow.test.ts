import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  inTenMinutes,
  pending,
  refusal,
  ScriptedApi,
  sessionOf,
  USER,
} from "../../../test/support/clients/scripted-api.ts";
import { WAIT } from "../../../test/support/timeouts.ts";
import type { LoginFlowOptions } from "./flow-context.ts";
import { createLoginFlow } from "./login-flow.ts";
import type { LoginState } from "./login-state.ts";

let script: ScriptedApi;
beforeEach(() => {
  script = new ScriptedApi();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const start = (options: LoginFlowOptions = {}) => {
  const { auth } = script.open();
  const flow = createLoginFlow(auth, { execute: script.execute, ...options });
  /** The state, which must be this step. */
  const at = <Step extends LoginState["step"]>(step: Step): Extract<LoginState, { step: Step }> => {
    const state = flow.getState();
    expect(state.step).toBe(step);
    return state as Extract<LoginState, { step: Step }>;
  };
  const logIn = () => at("CREDENTIALS").logInWithPassword({ identifier: "ada@example.com", password: "secret" });
  return { auth, flow, at, logIn };
};

const secondFactor = (more: object = {}) => ({
  __typename: "SecondFactorRequired",
  challenge: "challenge-1",
  factors: ["TOTP", "BACKUP_CODE"],
  preferredFactor: "TOTP",
  reason: "SECOND_FACTOR_ENABLED",
  codeSentTo: null,
  expiresAt: inTenMinutes(),
  ...more,
});

const confirmation = (more: object = {}) => ({
  __typename: "LoginConfirmationRequired",
  challenge: "challenge-1",
  number: "42",
  sentTo: "ad***@example.com",
  expiresAt: inTenMinutes(),
  ...more,
});

const memory = () => {
  const items = new Map<string, string>();
  return {
    items,
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  };
};

describe("a login with a password", () => {
  it("signs in, and shows neither tokens nor the device token", async () => {
    const { auth, at, logIn } = start();
    script.on("login", () => script.loginSuccess());
    await logIn();
    const state = at("SIGNED_IN");
    expect(state).toMatchObject({ user: USER, session: { id: "session-1" }, enrolmentTicket: "ticket", busy: false });
    expect(Object.keys(state)).not.toEqual(expect.arrayContaining(["tokens"]));
    expect(Object.keys(state)).not.toEqual(expect.arrayContaining(["deviceToken"]));
    expect(auth.getState()).toMatchObject({ status: "SIGNED_IN", sessionId: "session-1" });
    expect(script.sent).toEqual([
      {
        field: "login",
        input: { identifier: "ada@example.com", password: "secret", transport: "BODY" },
        isPublic: true,
      },
    ]);
  });

  it("shows why it failed, and clears the error with the next attempt", async () => {
    const { flow, at, logIn } = start();
    script.on("login", () => {
      throw refusal("INVALID_CREDENTIALS");
    });
    await logIn();
    expect(at("CREDENTIALS")).toMatchObject({
      busy: false,
      error: { code: "INVALID_CREDENTIALS" },
      restartReason: null,
    });
    const answer = pending<unknown>();
    script.on("login", () => answer.promise);
    const second = logIn();
    expect(flow.getState()).toMatchObject({ busy: true, error: null });
    answer.resolve(script.loginSuccess());
    await second;
    at("SIGNED_IN");
  });

  it("reports a failed request, and a failure of the helpers, with a code", async () => {
    const { at, logIn } = start();
    script.on("login", () => {
      throw new TypeError("Failed to fetch");
    });
    await logIn();
    expect(at("CREDENTIALS").error).toMatchObject({ code: "NO_ANSWER", reason: null, fields: [] });
  });

  it("is sent once by a double click", async () => {
    const { at, logIn } = start();
    const answer = pending<unknown>();
    script.on("login", () => answer.promise);
    const [first, second] = [logIn(), logIn()];
    answer.resolve(script.loginSuccess());
    await Promise.all([first, second]);
    at("SIGNED_IN");
    expect(script.countOf("login")).toBe(1);
  });

  it("ignores the answer that arrives after a restart, and ends its session", async () => {
    const { auth, at, logIn } = start();
    const answer = pending<unknown>();
    script.on("login", () => answer.promise).on("logout", () => ({}));
    const abandoned = logIn();
    await vi.waitFor(() => expect(script.countOf("login")).toBe(1), WAIT);
    at("CREDENTIALS").restart();
    expect(at("CREDENTIALS").busy).toBe(false);
    const { tokens } = script.loginSuccess() as { tokens: { refreshToken: string } };
    answer.resolve({ ...script.loginSuccess(), tokens });
    await abandoned;
    await vi.waitFor(() => expect(script.countOf("logout")).toBe(1), WAIT);
    expect(script.inputOf("logout")).toEqual({ refreshToken: tokens.refreshToken });
    expect(auth.getState().status).toBe("UNKNOWN");
    // The next login is not affected.
    script.on("login", () => script.loginSuccess("session-2"));
    await logIn();
    expect(at("SIGNED_IN").session.id).toBe("session-2");
  });

  it("starts again when the user logs out", async () => {
    const { auth, flow, logIn } = start();
    flow.subscribe(() => {});
    script.on("login", () => script.loginSuccess());
    await logIn();
    await auth.logout();
    await vi.waitFor(() => expect(flow.getState()).toMatchObject({ step: "CREDENTIALS", restartReason: null }), WAIT);
  });

  it("shows a step that this version does not know", async () => {
    const { at, logIn } = start();
    script.on("login", () => ({ __typename: "CaptchaRequired" }));
    await logIn();
    expect(at("UNKNOWN").typename).toBe("CaptchaRequired");
    script.on("login", () => secondFactor({ factors: ["CARRIER_PIGEON"] }));
    at("UNKNOWN").restart();
    await logIn();
    expect(at("UNKNOWN").typename).toBe("SecondFactorRequired");
  });
});

describe("a second factor", () => {
  it("is asked for with the preferred factor, and completes the login", async () => {
    const { at, logIn } = start();
    script.on("login", () => secondFactor()).on("verifyTotp", () => script.loginSuccess());
    await logIn();
    const state = at("SECOND_FACTOR");
    expect(state).toMatchObject({ factor: "TOTP", factors: ["TOTP", "BACKUP_CODE"], reason: "SECOND_FACTOR_ENABLED" });
    if (state.factor !== "TOTP") throw new Error("It is another factor.");
    await state.submitCode("123456", { trustDevice: true });
    at("SIGNED_IN");
    expect(script.inputOf("verifyTotp")).toEqual({ challenge: "challenge-1", code: "123456", trustDevice: true });
  });

  it("can be another one, with its own mutation", async () => {
    const { at, logIn } = start();
    script.on("login", () => secondFactor()).on("verifyBackupCode", () => script.loginSuccess());
    await logIn();
    at("SECOND_FACTOR").chooseFactor("BACKUP_CODE");
    const state = at("SECOND_FACTOR");
    if (state.factor !== "BACKUP_CODE") throw new Error("It is another factor.");
    await state.submitCode("aaaa-bbbb");
    at("SIGNED_IN");
    expect(script.countOf("verifyBackupCode")).toBe(1);
  });

  it("can be a mailed code, which is mailed again after 30 seconds", async () => {
    const { at, logIn } = start();
    script
      .on("login", () => secondFactor({ factors: ["EMAIL_CODE"], codeSentTo: "ad***@example.com" }))
      .on("sendEmailCode", () => ({ sentTo: "ad***@example.org" }));
    const before = Date.now();
    await logIn();
    const state = at("SECOND_FACTOR");
    if (state.factor !== "EMAIL_CODE") throw new Error("It is another factor.");
    expect(state.codeSentTo).toBe("ad***@example.com");
    expect(state.canResendAt).toBeGreaterThanOrEqual(before + 30_000);
    await state.resendCode();
    expect(at("SECOND_FACTOR")).toMatchObject({ codeSentTo: "ad***@example.org", busy: false, error: null });
    script.on("sendEmailCode", () => {
      throw refusal("RATE_LIMITED", { retryAfter: 12 });
    });
    await state.resendCode();
    expect(at("SECOND_FACTOR")).toMatchObject({ error: { code: "RATE_LIMITED", retryAfter: 12 } });
  });

  it("is asked for again after a wrong code, until no attempt is left", async () => {
    const { at, logIn } = start();
    let attemptsLeft = 2;
    script
      .on("login", () => secondFactor())
      .on("verifyTotp", () => {
        attemptsLeft -= 1;
        throw refusal("INVALID_CODE", { attemptsLeft });
      });
    await logIn();
    const state = at("SECOND_FACTOR");
    if (state.factor !== "TOTP") throw new Error("It is another factor.");
    await state.submitCode("000000");
    expect(at("SECOND_FACTOR").error).toMatchObject({ code: "INVALID_CODE", attemptsLeft: 1 });
    await state.submitCode("000001");
    expect(at("CREDENTIALS")).toMatchObject({ restartReason: "TOO_MANY_ATTEMPTS", error: { code: "INVALID_CODE" } });
  });

  it.each([
    ["EXPIRED", "INVALID_TOKEN", "CHALLENGE_EXPIRED"],
    ["DENIED", "FORBIDDEN", "LOGIN_DENIED"],
    ["REFUSED", "FORBIDDEN", "ACCOUNT_SUSPENDED"],
    ["TOO_MANY_ATTEMPTS", "RATE_LIMITED", "MFA_LOCKED"],
  ])("starts again with the reason %s after %s/%s", async (restartReason, code, reason) => {
    const { at, logIn } = start();
    script
      .on("login", () => secondFactor())
      .on("verifyTotp", () => {
        throw refusal(code, { reason });
      });
    await logIn();
    const state = at("SECOND_FACTOR");
    if (state.factor !== "TOTP") throw new Error("It is another factor.");
    await state.submitCode("123456");
    expect(at("CREDENTIALS")).toMatchObject({ restartReason, error: { code, reason } });
  });

  it("can still be a passkey if codes are locked", async () => {
    const { at, logIn } = start();
    script
      .on("login", () => secondFactor({ factors: ["TOTP", "PASSKEY"] }))
      .on("verifyTotp", () => {
        throw refusal("RATE_LIMITED", { reason: "MFA_LOCKED", retryAfter: 900 });
      });
    await logIn();
    const state = at("SECOND_FACTOR");
    if (state.factor !== "TOTP") throw new Error("It is another factor.");
    await state.submitCode("123456");
    expect(at("SECOND_FACTOR").error).toMatchObject({ reason: "MFA_LOCKED" });
  });

  it("can be reset by a user who has lost all factors, and a refused reset ends nothing", async () => {
    const { at, logIn } = start();
    script
      .on("login", () => secondFactor())
      .on("requestFactorReset", () => {
        throw refusal("FORBIDDEN", { reason: "FACTOR_RESET_REFUSED" });
      });
    await logIn();
    await at("SECOND_FACTOR").requestFactorReset();
    expect(at("SECOND_FACTOR")).toMatchObject({ factorResetDueAt: null, error: { reason: "FACTOR_RESET_REFUSED" } });
    script.on("requestFactorReset", () => ({ dueAt: "2026-01-04T00:00:00Z" }));
    await at("SECOND_FACTOR").requestFactorReset();
    expect(at("SECOND_FACTOR").factorResetDueAt).toBe("2026-01-04T00:00:00Z");
  });
});

describe("a login that waits for the answer to a mail", () => {
  it("polls while it is observed, and continues by itself", async () => {
    vi.useFakeTimers();
    const { flow, at, logIn } = start();
    let status = "WAITING";
    script
      .on("login", () => confirmation())
      .on("checkPendingLogin", () => ({ pendingLogin: { status } }))
      .on("resumeLogin", () => script.loginSuccess());
    await logIn();
    expect(at("CONFIRMATION")).toMatchObject({ number: "42", sentTo: "ad***@example.com" });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(script.countOf("checkPendingLogin")).toBe(0);
    const leave = flow.subscribe(() => {});
    await vi.advanceTimersByTimeAsync(7_000);
    expect(script.countOf("checkPendingLogin")).toBe(2);
    leave();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(script.countOf("checkPendingLogin")).toBe(2);
    flow.subscribe(() => {});
    status = "CONFIRMED";
    await vi.advanceTimersByTimeAsync(4_000);
    at("SIGNED_IN");
    expect(script.inputOf("resumeLogin")).toEqual({ challenge: "challenge-1" });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(script.countOf("checkPendingLogin")).toBe(3);
  });

  it.each(["DENIED", "EXPIRED"] as const)("starts again if it is %s", async (status) => {
    vi.useFakeTimers();
    const { flow, at, logIn } = start();
    flow.subscribe(() => {});
    script.on("login", () => confirmation()).on("checkPendingLogin", () => ({ pendingLogin: { status } }));
    await logIn();
    await vi.advanceTimersByTimeAsync(4_000);
    expect(at("CREDENTIALS").restartReason).toBe(status);
  });

  it("keeps waiting while the API is unavailable", async () => {
    vi.useFakeTimers();
    const { flow, at, logIn } = start();
    flow.subscribe(() => {});
    script
      .on("login", () => confirmation())
      .on("checkPendingLogin", () => {
        throw refusal("SERVICE_UNAVAILABLE");
      });
    await logIn();
    await vi.advanceTimersByTimeAsync(4_000);
    expect(at("CONFIRMATION").error).toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    script.on("checkPendingLogin", () => ({ pendingLogin: { status: "WAITING" } }));
    await vi.advanceTimersByTimeAsync(4_000);
    expect(at("CONFIRMATION").error).toBeNull();
  });

  it("asks immediately when the user returns to the tab", async () => {
    vi.useFakeTimers();
    const page = new EventTarget();
    vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
    vi.stubGlobal("removeEventListener", page.removeEventListener.bind(page));
    const { flow, at, logIn } = start();
    const leave = flow.subscribe(() => {});
    script.on("login", () => confirmation()).on("checkPendingLogin", () => ({ pendingLogin: { status: "WAITING" } }));
    await logIn();
    page.dispatchEvent(new Event("visibilitychange"));
    await vi.advanceTimersByTimeAsync(0);
    expect(script.countOf("checkPendingLogin")).toBe(1);
    at("CONFIRMATION");
    leave();
    page.dispatchEvent(new Event("visibilitychange"));
    await vi.advanceTimersByTimeAsync(0);
    expect(script.countOf("checkPendingLogin")).toBe(1);
  });

  it("follows a subscription, and polls again if the socket ends", async () => {
    vi.useFakeTimers();
    type Sink = { next(result: unknown): void; complete(): void };
    const sinks: Sink[] = [];
    const payloads: unknown[] = [];
    let unsubscribed = 0;
    const socket = {
      subscribe(payload: unknown, sink: Sink) {
        payloads.push(payload);
        sinks.push(sink);
        return () => void unsubscribed++;
      },
    };
    const { flow, at, logIn } = start({ socket });
    flow.subscribe(() => {});
    script
      .on("login", () => confirmation())
      .on("checkPendingLogin", () => ({ pendingLogin: { status: "WAITING" } }))
      .on("resumeLogin", () => script.loginSuccess());
    await logIn();
    expect(payloads).toEqual([
      { query: expect.stringContaining("loginProgressed"), variables: { challenge: "challenge-1" } },
    ]);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(script.countOf("checkPendingLogin")).toBe(0);
    sinks[0]?.complete();
    await vi.advanceTimersByTimeAsync(4_000);
    expect(script.countOf("checkPendingLogin")).toBe(1);
    sinks[0]?.next({ data: { loginProgressed: { status: "CONFIRMED" } } });
    // The challenge is used before the answer to this client arrives.
    sinks[0]?.next({ data: { loginProgressed: { status: "EXPIRED" } } });
    await vi.advanceTimersByTimeAsync(0);
    at("SIGNED_IN");
    expect(unsubscribed).toBe(1);
  });

  it("survives a reload, without a password in the storage", async () => {
    vi.useFakeTimers();
    const storage = memory();
    const before = start({ storage });
    script
      .on("login", () => confirmation())
      .on("checkPendingLogin", () => ({ pendingLogin: { status: "CONFIRMED" } }))
      .on("resumeLogin", () => script.loginSuccess());
    await before.logIn();
    expect([...storage.items.values()].join()).toContain("challenge-1");
    expect([...storage.items.values()].join()).not.toContain("secret");
    const after = start({ storage });
    after.at("CREDENTIALS");
    after.flow.subscribe(() => {});
    await vi.advanceTimersByTimeAsync(0);
    expect(after.at("CONFIRMATION").number).toBe("42");
    await vi.advanceTimersByTimeAsync(4_000);
    after.at("SIGNED_IN");
    expect(storage.items.size).toBe(0);
  });

  it("is not restored after it has expired, or over a step that the user has reached", async () => {
    const storage = memory();
    script.on("login", () => secondFactor({ expiresAt: new Date(Date.now() - 1).toISOString() }));
    await start({ storage }).logIn();
    const late = start({ storage });
    late.flow.subscribe(() => {});
    await vi.waitFor(() => expect(late.at("CREDENTIALS").restartReason).toBe("EXPIRED"), WAIT);
    expect(storage.items.size).toBe(0);
  });
});

describe("a mailed link", () => {
  it("logs in with the challenge of the registration, which is then forgotten", async () => {
    const registration = { keep: async () => {}, find: async () => "registration-1", forget: vi.fn(async () => {}) };
    const { at } = start({ registration });
    script.on("verifyEmail", () => script.loginSuccess());
    await at("CREDENTIALS").verifyEmail({ token: "link-1" });
    at("SIGNED_IN");
    expect(script.inputOf("verifyEmail")).toEqual({
      challenge: "registration-1",
      token: "link-1",
      transport: "BODY",
    });
    expect(registration.forget).toHaveBeenCalledOnce();
  });

  it("asks for a password on another device, and shows why one is refused", async () => {
    const { at } = start();
    script.on("verifyEmail", ({ password }) => {
      if (password === undefined) throw refusal("BAD_REQUEST", { reason: "PASSWORD_REQUIRED" });
      if (password === "weak") throw refusal("BAD_REQUEST", { reason: "WEAK_PASSWORD" });
      return script.loginSuccess();
    });
    await at("CREDENTIALS").verifyEmail({ token: "link-1" });
    expect(at("PASSWORD_REQUIRED")).toMatchObject({ link: "VERIFICATION", error: null });
    await at("PASSWORD_REQUIRED").setPassword({ password: "weak" });
    expect(at("PASSWORD_REQUIRED").error).toMatchObject({ reason: "WEAK_PASSWORD" });
    await at("PASSWORD_REQUIRED").setPassword({ password: "three lazy otters", name: "Ada" });
    at("SIGNED_IN");
    expect(script.inputOf("verifyEmail")).toMatchObject({ token: "link-1", name: "Ada" });
  });

  it("of an invitation asks for a password first, and starts again if it is no longer valid", async () => {
    const { at } = start({ deviceName: "Phone" });
    await at("CREDENTIALS").acceptInvitation({ token: "link-1" });
    expect(script.sent).toEqual([]);
    expect(at("PASSWORD_REQUIRED").link).toBe("INVITATION");
    script.on("acceptInvitation", () => {
      throw refusal("INVALID_TOKEN");
    });
    await at("PASSWORD_REQUIRED").setPassword({ password: "three lazy otters" });
    expect(at("CREDENTIALS")).toMatchObject({ restartReason: "EXPIRED", error: { code: "INVALID_TOKEN" } });
    expect(script.inputOf("acceptInvitation")).toEqual({
      token: "link-1",
      password: "three lazy otters",
      transport: "BODY",
      deviceName: "Phone",
    });
  });
});

describe("a social login", () => {
  it("returns the provider's page, and finishes on the return page with this client's secret", async () => {
    const storage = memory();
    const { at } = start({ storage });
    script.on("startSocialLogin", () => ({ authorizationUrl: "https://provider.example/go", state: "state-1" }));
    const redirectUri = "https://app.example/signed-in";
    const url = await at("CREDENTIALS").startSocialLogin({ provider: "acme", redirectUri });
    expect(url).toBe("https://provider.example/go");
    expect(script.inputOf("startSocialLogin")).toMatchObject({ provider: "acme", redirectUri, transport: "BODY" });
    const { codeChallenge } = script.inputOf("startSocialLogin") ?? {};

    // The page was left, and another one returns.
    const back = start({ storage });
    script.on("finishSocialLogin", () => script.loginSuccess());
    await back.at("CREDENTIALS").finishSocialLogin({ state: "state-1", code: "code-1", iss: null, error: null });
    back.at("SIGNED_IN");
    const { codeVerifier, ...rest } = script.inputOf("finishSocialLogin") ?? {};
    expect(rest).toEqual({ state: "state-1", code: "code-1" });
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(String(codeVerifier)));
    expect(Buffer.from(digest).toString("base64url")).toBe(codeChallenge);
    expect(storage.items.size).toBe(0);
  });

  it("returns null and shows the error if it cannot be started, or if the provider refused", async () => {
    const { at } = start();
    script.on("startSocialLogin", () => {
      throw refusal("BAD_REQUEST", { reason: "PROVIDER_NOT_CONFIGURED" });
    });
    expect(await at("CREDENTIALS").startSocialLogin({ provider: "acme", redirectUri: "https://a.example" })).toBeNull();
    expect(at("CREDENTIALS").error).toMatchObject({ reason: "PROVIDER_NOT_CONFIGURED" });
    await at("CREDENTIALS").finishSocialLogin({ state: "state-1", code: null, iss: null, error: "access_denied" });
    expect(at("CREDENTIALS").error).toMatchObject({ code: "PROVIDER_REFUSED" });
    expect(script.countOf("finishSocialLogin")).toBe(0);
  });
});

describe("an enrolment", () => {
  it("ends with the tokens of a full session", async () => {
    const { auth, at, logIn } = start();
    script.on("login", () => ({
      __typename: "EnrolmentRequired",
      ...script.api.logIn("session-1"),
      expiresAt: inTenMinutes(),
    }));
    await logIn();
    at("ENROLMENT");
    expect(auth.getState().status).toBe("SIGNED_IN");
    const generation = script.api.generationOf("session-1");
    script.on("sessions", () => {
      throw refusal("FORBIDDEN", { reason: "ENROLMENT_REQUIRED" });
    });
    await at("ENROLMENT").finishEnrolment();
    expect(at("ENROLMENT").error).toMatchObject({ reason: "ENROLMENT_REQUIRED" });
    script.on("sessions", () => [
      { ...sessionOf("other"), current: false, user: USER },
      { ...sessionOf("session-1"), current: true, user: USER },
    ]);
    await at("ENROLMENT").finishEnrolment();
    expect(at("SIGNED_IN")).toMatchObject({ user: USER, session: { id: "session-1" } });
    expect(script.api.generationOf("session-1")).toBeGreaterThan(generation);
  });
});

it("keeps the device token for the next login, if the app agrees", async () => {
  const deviceStorage = memory();
  const { at, logIn } = start({ deviceStorage });
  script.on("login", () => script.loginSuccess());
  await logIn();
  at("SIGNED_IN").restart();
  await logIn();
  expect(script.inputOf("login")).toMatchObject({ deviceToken: "device of session-1" });
});
