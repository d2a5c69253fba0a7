import type { Auth } from "../auth.ts";
import { errorOf } from "../errors.ts";
import { type AuthForExecute, type Execute, type Send, sender } from "./execute.ts";
import { currentUser, reauthenticate, sendReauthenticationCode } from "./operations.ts";
import { promptForPasskey } from "./prompt.ts";
import type { CurrentUser } from "./results.ts";
import { createRunner, type Progress, type Runner } from "./runner.ts";
import { createStore, type ReadableStore, type Store } from "./store.ts";

/** A proof that counts for a step-up. */
export type ReauthenticationMethod = "TOTP" | "PASSKEY" | "PASSWORD" | "EMAIL_CODE";

interface Prompt extends Progress {
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
  readonly #runner: Runner<ReauthenticationState> = createRunner(this.store, (error) =>
    this.#runner.patch({ busy: false, error }),
  );
  /** The open dialog. */
  #dialog: { readonly answer: Promise<boolean>; readonly close: (isProved: boolean) => void } | null = null;

  constructor(auth: AuthForReauthentication, execute: Execute | undefined) {
    this.#auth = auth;
    this.#send = sender(auth, execute);
  }

  readonly run = async <Result>(call: () => Promise<Result>): Promise<Result> => {
    try {
      const result = await call();
      // urql, and Apollo Client with errorPolicy "all", return errors.
      const { error } = (result ?? {}) as { readonly error?: unknown };
      if (!isRefusal(error) || !(await this.#prove())) return result;
    } catch (thrown) {
      if (!isRefusal(thrown) || !(await this.#prove())) throw thrown;
    }
    return call();
  };

  /** Opens the dialog, or waits for the one that is open; returns whether the user has given a proof. */
  #prove(): Promise<boolean> {
    this.#dialog ??= this.#open();
    return this.#dialog.answer;
  }

  #open() {
    let resolve = (_: boolean): void => {};
    const answer = new Promise<boolean>((done) => {
      resolve = done;
    });
    const { sessionId } = this.#auth.getState();
    const close = (isProved: boolean): void => {
      unwatch();
      this.#dialog = null;
      this.#runner.reset();
      this.store.set(IDLE);
      resolve(isProved);
    };
    // Another user, or none, must not answer for this one.
    const unwatch = this.#auth.onChange((state) => {
      if (state.sessionId !== sessionId) close(false);
    });
    const retry = async (): Promise<void> => {
      await this.#runner.run(this.#load);
      const state = this.store.getState();
      if (state.step === "PROOF" && state.method === "EMAIL_CODE") await state.sendCode();
    };
    this.store.set({ step: "LOADING", busy: false, error: null, cancel: () => close(false), retry });
    void retry();
    return { answer, close };
  }

  readonly #load = async (): Promise<ReauthenticationState> => {
    const methods = methodsOf(await this.#send(currentUser()));
    let [method] = methods;
    const { run, patch } = this.#runner;
    const prove = (proof: () => Promise<object>) =>
      run(async (isCurrent) => {
        const input = await proof();
        // The dialog may have been closed during a passkey prompt.
        if (isCurrent()) await this.#auth.stepUp(() => this.#send(reauthenticate(input)));
        if (isCurrent()) this.#dialog?.close(true);
        return undefined;
      });

    // It has the data and actions of every method; its type has those of the chosen one.
    const state = {
      step: "PROOF",
      busy: false,
      error: null,
      cancel: () => this.#dialog?.close(false),
      methods,
      method,
      codeSentTo: null,
      chooseMethod: (chosen: ReauthenticationMethod) => {
        const current = this.store.getState();
        if (current.step !== "PROOF" || current.busy) return;
        method = chosen;
        patch({ method, error: null });
      },
      submit: (secret: string) => prove(async () => ({ [PROOFS[method as keyof typeof PROOFS]]: secret })),
      usePasskey: () => prove(async () => ({ passkey: await promptForPasskey(this.#send) })),
      sendCode: () =>
        run(async () => {
          const { sentTo } = await this.#send(sendReauthenticationCode());
          return { ...this.store.getState(), busy: false, codeSentTo: sentTo } as ReauthenticationState;
        }),
    };
    return state as ReauthenticationState;
  };
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
