import { beforeEach, expect, it, vi } from "vitest";
import { pending, refusal, ScriptedApi, USER } from "../../../test/support/clients/scripted-api.ts";
import { WAIT } from "../../../test/support/timeouts.ts";
import { createReauthentication, type ReauthenticationState } from "./reauthentication.ts";

let script: ScriptedApi;
beforeEach(() => {
  script = new ScriptedApi();
  script.on("me", () => USER).on("reauthenticate", () => script.api.stepUp("session-1", 600));
});

const REFUSAL = refusal("REAUTHENTICATION_REQUIRED");

type PromptFor<Method, State = ReauthenticationState> = State extends { readonly method: infer Chosen }
  ? Method extends Chosen
    ? State
    : never
  : never;

const start = async () => {
  const { auth } = script.open();
  await auth.accept(script.api.logIn("session-1"));
  const dialog = createReauthentication(auth, { execute: script.execute });
  /** A call of the app that needs a step-up. */
  const call = vi.fn(async () => {
    if (script.countOf("reauthenticate") === 0) throw REFUSAL;
    return (await auth.authorize()).token;
  });
  /** The prompt for this method, once it is shown. */
  const promptFor = <Method extends string>(method: Method) =>
    vi.waitFor(() => {
      const state = dialog.getState();
      if (state.step !== "PROOF" || state.method !== method || state.busy) throw new Error(JSON.stringify(state));
      return state as PromptFor<Method>;
    }, WAIT);
  return { auth, dialog, call, promptFor };
};

it("returns the result of a call that needs no step-up, and any other error", async () => {
  const { dialog } = await start();
  expect(await dialog.run(async () => "done")).toBe("done");
  await expect(dialog.run(() => Promise.reject(refusal("CONFLICT")))).rejects.toEqual(refusal("CONFLICT"));
  expect(dialog.getState()).toMatchObject({ step: "IDLE" });
  expect(script.sent).toEqual([]);
});

it("repeats the call once after the password, with the elevated token", async () => {
  const { auth, dialog, call, promptFor } = await start();
  const before = (await auth.authorize()).token;
  const result = dialog.run(call);
  const prompt = await promptFor("PASSWORD");
  expect(prompt.methods).toEqual(["PASSWORD"]);
  await prompt.submit("secret");
  const token = await result;
  expect(token).not.toBe(before);
  expect(call).toHaveBeenCalledTimes(2);
  expect(script.inputOf("reauthenticate")).toEqual({ password: "secret" });
  expect(dialog.getState()).toMatchObject({ step: "IDLE" });
});

it("does not repeat the call more than once", async () => {
  const { dialog, promptFor } = await start();
  const call = vi.fn(() => Promise.reject(REFUSAL));
  const result = dialog.run(call).catch((error: unknown) => error);
  await (await promptFor("PASSWORD")).submit("secret");
  expect(await result).toBe(REFUSAL);
  expect(call).toHaveBeenCalledTimes(2);
});

it("opens one dialog for calls that are refused at the same time", async () => {
  const { dialog, call, promptFor } = await start();
  const results = [dialog.run(call), dialog.run(call), dialog.run(call)];
  const prompt = await promptFor("PASSWORD");
  await prompt.submit("secret");
  expect(new Set(await Promise.all(results)).size).toBe(1);
  expect(script.countOf("me")).toBe(1);
  expect(script.countOf("reauthenticate")).toBe(1);
  expect(call).toHaveBeenCalledTimes(6);
});

it("fails with the refusal if the user cancels, and a proof in progress then changes nothing", async () => {
  const { dialog, call, promptFor } = await start();
  const result = dialog.run(call).catch((error: unknown) => error);
  const prompt = await promptFor("PASSWORD");
  const answer = pending<unknown>();
  script.on("reauthenticate", () => answer.promise);
  const proof = prompt.submit("secret");
  prompt.cancel();
  expect(await result).toBe(REFUSAL);
  expect(call).toHaveBeenCalledTimes(1);
  answer.resolve(script.api.stepUp("session-1", 600));
  await proof;
  expect(dialog.getState()).toMatchObject({ step: "IDLE" });
});

it("returns what urql returns if the user cancels", async () => {
  const { dialog, promptFor } = await start();
  const refused = { data: null, error: { graphQLErrors: (REFUSAL as { errors: unknown }).errors } };
  const result = dialog.run(async () => refused);
  (await promptFor("PASSWORD")).cancel();
  expect(await result).toBe(refused);
});

it("shows why a proof was refused, and sends it once", async () => {
  const { dialog, call, promptFor } = await start();
  const result = dialog.run(call);
  const prompt = await promptFor("PASSWORD");
  script.on("reauthenticate", () => {
    throw refusal("FORBIDDEN", { reason: "INCORRECT_PASSWORD" });
  });
  await Promise.all([prompt.submit("wrong"), prompt.submit("wrong")]);
  expect(dialog.getState()).toMatchObject({ step: "PROOF", busy: false, error: { reason: "INCORRECT_PASSWORD" } });
  expect(script.countOf("reauthenticate")).toBe(1);
  script.on("reauthenticate", () => script.api.stepUp("session-1", 600));
  await prompt.submit("secret");
  await result;
});

it("offers the user's factors, the preferred one first, and not the password", async () => {
  const mfa = { ...USER.mfa, enabled: true, totpEnabled: true, passkeyCount: 1, preferredFactor: "PASSKEY" };
  script.on("me", () => ({ ...USER, mfa }));
  const { dialog, call, promptFor } = await start();
  const result = dialog.run(call);
  const prompt = await promptFor("PASSKEY");
  expect(prompt.methods).toEqual(["PASSKEY", "TOTP"]);
  prompt.chooseMethod("TOTP");
  await (await promptFor("TOTP")).submit("123456");
  await result;
  expect(script.inputOf("reauthenticate")).toEqual({ totpCode: "123456" });
});

it("mails a code to a user who has neither a factor nor a password, and another on request", async () => {
  script
    .on("me", () => ({ ...USER, hasPassword: false }))
    .on("sendReauthenticationCode", () => ({ sentTo: "ad***@a" }));
  const { dialog, call, promptFor } = await start();
  const result = dialog.run(call);
  await vi.waitFor(() => expect(dialog.getState()).toMatchObject({ codeSentTo: "ad***@a", busy: false }), WAIT);
  const prompt = await promptFor("EMAIL_CODE");
  await prompt.sendCode();
  expect(script.countOf("sendReauthenticationCode")).toBe(2);
  await prompt.submit("123456");
  await result;
  expect(script.inputOf("reauthenticate")).toEqual({ emailCode: "123456" });
});

it("shows a failure to read the user's methods, and tries again", async () => {
  script.on("me", () => {
    throw refusal("SERVICE_UNAVAILABLE");
  });
  const { dialog, call, promptFor } = await start();
  const result = dialog.run(call);
  const state = await vi.waitFor(() => {
    const loading = dialog.getState();
    if (loading.step !== "LOADING" || loading.busy) throw new Error(loading.step);
    return loading;
  }, WAIT);
  expect(state.error).toMatchObject({ code: "SERVICE_UNAVAILABLE" });
  script.on("me", () => USER);
  await state.retry();
  await (await promptFor("PASSWORD")).submit("secret");
  await result;
});

it("closes when the user signs out, so that no other user answers", async () => {
  const { auth, dialog, call, promptFor } = await start();
  const result = dialog.run(call).catch((error: unknown) => error);
  await promptFor("PASSWORD");
  await auth.logout();
  expect(await result).toBe(REFUSAL);
  expect(dialog.getState()).toMatchObject({ step: "IDLE" });
});
