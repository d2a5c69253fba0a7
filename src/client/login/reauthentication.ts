import type { Auth } from "../auth.ts";
import { errorOf } from "../errors.ts";
import { type AuthForExecute, type Execute, type Send, sender } from "./execute.ts";
import { type LoginError, loginErrorOf } from "./failures.ts";
import { currentUser, reauthenticate, sendReauthenticationCode } from "./operations.ts";
import { promptForPasskey } from "./prompt.ts";
import type { CurrentUser } from "./results.ts";
import { createStore, type ReadableStore, type Store } from "./store.ts";

/** A proof that counts for a step-up. */
export type ReauthenticationMethod = "TOTP" | "PASSKEY" | "PASSWORD" | "EMAIL_CODE";

interface Prompt {
  /** Whether a call is in progress. Until it ends, further actions are ignored, except `cancel`. */
  readonly busy: boolean;
  /** Why the last proof was not accepted. */
  readonly error: LoginError | null;
  /** Closes the dialog. The refused calls fail with REAUTHENTICATION_REQUIRED. */
  readonly cancel: () => void;
}

/** The methods of the user are being read. */
export interface ReauthenticationLoading extends Prompt {
  readonly step: "LOADING";
  readonly retry: () => Promise<void>;
}

interface MethodChoice extends Prompt {
  readonly step: "PROOF";
  /** What the user can choose from, the preferred one first. */
  readonly methods: readonly ReauthenticationMethod[];
  readonly chooseMethod: (method: ReauthenticationMethod) => void;
}

export interface SecretPrompt extends MethodChoice {
  /** The chosen method. */
  readonly method: "PASSWORD" | "TOTP";
  /** With the password, or the code of the authenticator app. */
  readonly submit: (secret: string) => Promise<void>;
}

export interface EmailCodePrompt extends MethodChoice {
  readonly method: "EMAIL_CODE";
  /** The masked address to which the code was mailed; null before. */
  readonly codeSentTo: string | null;
  /** Mails a code: the first one, or another. */
  readonly sendCode: () => Promise<void>;
  readonly submit: (secret: string) => Promise<void>;
}

export interface PasskeyPrompt extends MethodChoice {
  readonly method: "PASSKEY";
  /** Opens the browser's passkey prompt. */
  readonly usePasskey: () => Promise<void>;
}

/** What the step-up dialog shows: nothing while IDLE. `step` and `method` narrow it. */
export type ReauthenticationState =
  | { readonly step: "IDLE" }
  | ReauthenticationLoading
  | SecretPrompt
  | EmailCodePrompt
  | PasskeyPrompt;

/** The state of a step-up dialog, and the calls that wait for it. */
export interface Reauthentication extends ReadableStore<ReauthenticationState> {
  /**
   * Calls `call`. If the API refuses it with REAUTHENTICATION_REQUIRED, the dialog opens; after the proof, `call` is repeated
   * once. Calls that are refused while the dialog is open wait for the same proof.
   *
   * @returns the result of `call`; if the user cancels, the refusal
   */
  readonly run: <Result>(call: () => Promise<Result>) => Promise<Result>;
}

/** The part of `Auth` that a step-up needs. */
export type AuthForReauthentication = AuthForExecute & Pick<Auth, "stepUp" | "getState" | "onChange">;

const IDLE = { step: "IDLE" } as const;

const PROOFS = { PASSWORD: "password", TOTP: "totpCode", EMAIL_CODE: "emailCode" } as const;

/** The strongest proofs that the user has: a factor, without one the password, without that a mailed code. */
const methodsOf = ({ mfa, hasPassword }: CurrentUser): readonly ReauthenticationMethod[] => {
  const factors: ReauthenticationMethod[] = [];
  if (mfa.totpEnabled) factors.push("TOTP");
  if (mfa.passkeyCount > 0) factors.push("PASSKEY");
  if (mfa.preferredFactor === "PASSKEY") factors.reverse();
  if (factors.length > 0) return factors;
  return [hasPassword ? "PASSWORD" : "EMAIL_CODE"];
};

class StepUp {
  readonly #auth: AuthForReauthentication;
  readonly #send: Send;
  readonly store: Store<ReauthenticationState> = createStore<ReauthenticationState>(IDLE, () => {});
  /** The open dialog: whether the user has given a proof. */
  #dialog: { readonly answer: Promise<boolean>; readonly close: (isProved: boolean) => void } | null = null;
  #codeSentTo: string | null = null;

  constructor(auth: AuthForReauthentication, execute: Execute | undefined) {
    this.#auth = auth;
    this.#send = sender(auth, execute);
  }

  readonly run = async <Result>(call: () => Promise<Result>): Promise<Result> => {
    let refusal: unknown;
    try {
      const result = await call();
      // urql, and Apollo Client with errorPolicy "all", return errors.
      if (!isRefusal((result as { error?: unknown } | undefined)?.error)) return result;
      if (!(await this.#prove())) return result;
    } catch (thrown) {
      if (!isRefusal(thrown)) throw thrown;
      refusal = thrown;
      if (!(await this.#prove())) throw refusal;
    }
    return call();
  };

  /** Opens the dialog, or waits for the one that is open. */
  #prove(): Promise<boolean> {
    if (this.#dialog) return this.#dialog.answer;
    let resolve = (_: boolean): void => {};
    const answer = new Promise<boolean>((done) => {
      resolve = done;
    });
    const { sessionId } = this.#auth.getState();
    // Another user, or none, must not answer for this one.
    const unwatch = this.#auth.onChange((state) => {
      if (state.sessionId !== sessionId) this.#dialog?.close(false);
    });
    const close = (isProved: boolean): void => {
      unwatch();
      this.#dialog = null;
      this.#codeSentTo = null;
      this.store.set(IDLE);
      resolve(isProved);
    };
    this.#dialog = { answer, close };
    const retry = (): Promise<void> => this.#act(() => this.#load());
    this.store.set({ step: "LOADING", busy: false, error: null, cancel: this.#cancel, retry });
    void retry();
    return answer;
  }

  readonly #cancel = (): void => this.#dialog?.close(false);

  async #load(): Promise<void> {
    const dialog = this.#dialog;
    const methods = methodsOf(await this.#send(currentUser()));
    if (dialog !== this.#dialog) return;
    this.#show(methods, methods[0] ?? "PASSWORD");
    if (methods[0] === "EMAIL_CODE") await this.#sendCode();
  }

  #show(methods: readonly ReauthenticationMethod[], method: ReauthenticationMethod): void {
    this.store.set(this.#promptFor(methods, method));
  }

  #promptFor(methods: readonly ReauthenticationMethod[], method: ReauthenticationMethod): ReauthenticationState {
    const common = {
      step: "PROOF" as const,
      busy: false,
      error: null,
      cancel: this.#cancel,
      methods,
      chooseMethod: (chosen: ReauthenticationMethod) => {
        if (methods.includes(chosen)) this.#show(methods, chosen);
      },
    };
    if (method === "PASSKEY") {
      const usePasskey = () => this.#act(async () => this.#submit({ passkey: await promptForPasskey(this.#send) }));
      return { ...common, method, usePasskey };
    }
    const submit = (secret: string) => this.#act(() => this.#submit({ [PROOFS[method]]: secret }));
    if (method !== "EMAIL_CODE") return { ...common, method, submit };
    const sendCode = () => this.#act(() => this.#sendCode());
    return { ...common, method, submit, sendCode, codeSentTo: this.#codeSentTo };
  }

  async #submit(proof: object): Promise<void> {
    const dialog = this.#dialog;
    await this.#auth.stepUp(() => this.#send(reauthenticate(proof)));
    if (dialog === this.#dialog) dialog?.close(true);
  }

  async #sendCode(): Promise<void> {
    const dialog = this.#dialog;
    const { sentTo } = await this.#send(sendReauthenticationCode());
    if (dialog !== this.#dialog) return;
    this.#codeSentTo = sentTo;
    this.#show(["EMAIL_CODE"], "EMAIL_CODE");
  }

  /** Runs one action at a time; what it throws is shown, unless the dialog was closed. */
  async #act(work: () => Promise<void>): Promise<void> {
    const dialog = this.#dialog;
    const before = this.store.getState();
    if (!dialog || before.step === "IDLE" || before.busy) return;
    this.store.set({ ...before, busy: true, error: null });
    let error: LoginError | null = null;
    try {
      await work();
    } catch (thrown) {
      error = loginErrorOf(thrown);
    }
    const after = this.store.getState();
    if (dialog === this.#dialog && after.step !== "IDLE") this.store.set({ ...after, busy: false, error });
  }
}

const isRefusal = (thrown: unknown): boolean => errorOf(thrown)?.code === "REAUTHENTICATION_REQUIRED";

/** Creates the state of an app's step-up dialog. Create one for each page, beside `auth`. */
export const createReauthentication = (
  auth: AuthForReauthentication,
  { execute }: { readonly execute?: Execute | undefined } = {},
): Reauthentication => {
  const { run, store } = new StepUp(auth, execute);
  return { run, getState: store.getState, subscribe: store.subscribe };
};
