import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { inTenMinutes, pending, refusal, ScriptedApi } from "../../../test/support/clients/scripted-api.ts";
import { WAIT } from "../../../test/support/timeouts.ts";
import { createLoginFlow, type LoginFlow } from "./login-flow.ts";

interface Prompt {
  readonly options: { readonly mediation?: string; readonly signal?: AbortSignal };
  choose(id: string): void;
  cancel(): void;
}

let script: ScriptedApi;
/** The passkey prompts that the browser has shown. */
let prompts: Prompt[];
/** How many of them are open: browsers allow one. */
let open: number;

const failure = (name: string) => Object.assign(new Error(name), { name });

beforeEach(() => {
  script = new ScriptedApi();
  prompts = [];
  open = 0;
  script
    .on("startPasskeyLogin", () => ({ challenge: "challenge-1", publicKey: { challenge: "AAAA" } }))
    .on("finishPasskeyLogin", () => script.loginSuccess());
  vi.stubGlobal("navigator", {
    credentials: {
      get: (options: Prompt["options"]) =>
        new Promise((resolve, reject) => {
          if (open > 0) return reject(failure("OperationError"));
          open++;
          let isOver = false;
          const end = (settle: () => void) => () => {
            if (!isOver) open--;
            isOver = true;
            settle();
          };
          options.signal?.addEventListener(
            "abort",
            end(() => reject(failure("AbortError"))),
          );
          prompts.push({
            options,
            choose: (id) => end(() => resolve({ toJSON: () => ({ id }) }))(),
            cancel: end(() => reject(failure("NotAllowedError"))),
          });
        }),
    },
  });
  vi.stubGlobal("PublicKeyCredential", {
    parseRequestOptionsFromJSON: (options: unknown) => options,
    isConditionalMediationAvailable: async () => true,
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const start = (passkeyAutofill = false): LoginFlow =>
  createLoginFlow(script.open().auth, { execute: script.execute, passkeyAutofill });

const credentials = (flow: LoginFlow) => {
  const state = flow.getState();
  if (state.step !== "CREDENTIALS") throw new Error(`The step is ${state.step}.`);
  return state;
};

const promptNumber = (n: number): Promise<Prompt> =>
  vi.waitFor(() => {
    const prompt = prompts[n - 1];
    if (!prompt) throw new Error("The browser has shown no prompt.");
    return prompt;
  }, WAIT);

describe("a login with a passkey", () => {
  it("signs in with the one that the user chooses", async () => {
    const flow = start();
    const login = credentials(flow).logInWithPasskey();
    (await promptNumber(1)).choose("passkey-1");
    await login;
    expect(flow.getState().step).toBe("SIGNED_IN");
    expect(script.inputOf("startPasskeyLogin")).toEqual({});
    expect(script.inputOf("finishPasskeyLogin")).toEqual({
      challenge: "challenge-1",
      response: { id: "passkey-1" },
      transport: "BODY",
    });
  });

  it("can be tried again after the user has closed the prompt", async () => {
    const flow = start();
    const login = credentials(flow).logInWithPasskey();
    (await promptNumber(1)).cancel();
    await login;
    expect(credentials(flow)).toMatchObject({ busy: false, error: { code: "PASSKEY_CANCELLED" } });
    expect(script.countOf("finishPasskeyLogin")).toBe(0);
  });

  it("reports a browser without passkeys", async () => {
    vi.stubGlobal("navigator", {});
    const flow = start();
    await credentials(flow).logInWithPasskey();
    expect(credentials(flow).error).toMatchObject({ code: "PASSKEY_FAILED" });
  });

  it("sends nothing if the user has started again during the prompt", async () => {
    const flow = start();
    const login = credentials(flow).logInWithPasskey();
    const prompt = await promptNumber(1);
    credentials(flow).restart();
    prompt.choose("passkey-1");
    await login;
    expect(script.countOf("finishPasskeyLogin")).toBe(0);
    expect(credentials(flow)).toMatchObject({ busy: false, error: null });
  });

  it("can be the second factor, for the user of that login", async () => {
    const flow = start();
    script.on("login", () => ({
      __typename: "SecondFactorRequired",
      challenge: "challenge-2",
      factors: ["PASSKEY", "TOTP"],
      preferredFactor: "PASSKEY",
      reason: "SECOND_FACTOR_ENABLED",
      codeSentTo: null,
      expiresAt: inTenMinutes(),
    }));
    await credentials(flow).logInWithPassword({ identifier: "ada", password: "secret" });
    const state = flow.getState();
    if (state.step !== "SECOND_FACTOR" || state.factor !== "PASSKEY") throw new Error("It needs another step.");
    const login = state.usePasskey();
    (await promptNumber(1)).choose("passkey-1");
    await login;
    expect(script.inputOf("startPasskeyLogin")).toEqual({ challenge: "challenge-2" });
    expect(flow.getState().step).toBe("SIGNED_IN");
  });
});

describe("passkeys in the autofill list", () => {
  it("are offered while the form is shown, and sign in", async () => {
    const flow = start(true);
    expect(prompts).toEqual([]);
    flow.subscribe(() => {});
    const prompt = await promptNumber(1);
    expect(prompt.options.mediation).toBe("conditional");
    expect(credentials(flow).busy).toBe(false);
    prompt.choose("passkey-1");
    await vi.waitFor(() => expect(flow.getState().step).toBe("SIGNED_IN"), WAIT);
    expect(open).toBe(0);
  });

  it("are withdrawn when the form is left", async () => {
    const flow = start(true);
    const leave = flow.subscribe(() => {});
    await promptNumber(1);
    leave();
    expect(open).toBe(0);
    expect(credentials(flow).error).toBeNull();
  });

  it("make way for the prompt of the button, and are offered again after it was closed", async () => {
    const flow = start(true);
    flow.subscribe(() => {});
    await promptNumber(1);
    const login = credentials(flow).logInWithPasskey();
    const modal = await promptNumber(2);
    expect(modal.options.mediation).toBeUndefined();
    modal.cancel();
    await login;
    expect((await promptNumber(3)).options.mediation).toBe("conditional");
    expect(credentials(flow).error).toMatchObject({ code: "PASSKEY_CANCELLED" });
  });

  it("are offered again after a wrong password", async () => {
    const flow = start(true);
    flow.subscribe(() => {});
    await promptNumber(1);
    const answer = pending();
    script.on("login", () => answer.promise.then(() => Promise.reject(refusal("INVALID_CREDENTIALS"))));
    const login = credentials(flow).logInWithPassword({ identifier: "ada", password: "wrong" });
    expect(open).toBe(0);
    answer.resolve();
    await login;
    await promptNumber(2);
    expect(open).toBe(1);
  });

  it("get new options before the old ones expire", async () => {
    vi.useFakeTimers();
    const flow = start(true);
    flow.subscribe(() => {});
    await vi.advanceTimersByTimeAsync(10 * 60_000);
    expect(prompts).toHaveLength(3);
    expect(open).toBe(1);
    expect(script.countOf("startPasskeyLogin")).toBe(3);
  });

  it("are not offered by a browser that cannot", async () => {
    vi.stubGlobal("PublicKeyCredential", undefined);
    const flow = start(true);
    flow.subscribe(() => {});
    script.on("login", () => script.loginSuccess());
    await credentials(flow).logInWithPassword({ identifier: "ada", password: "secret" });
    expect(prompts).toEqual([]);
  });
});
