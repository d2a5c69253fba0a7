import type { Auth } from "../auth.ts";
import { errorOf } from "../errors.ts";
import { type AuthForExecute, type Execute, sender } from "./execute.ts";
import { currentUser, reauthenticate, sendReauthenticationCode } from "./operations.ts";
import { promptForPasskey } from "./prompt.ts";
import type { CurrentUser } from "./results.ts";
import { createStore, type Progress, type ReadableStore, type Without } from "./store.ts";

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

/** A state, before it is shown. */
type ReauthenticationStep = Without<Progress, ReauthenticationState>;

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

const isRefusal = (thrown: unknown): boolean => errorOf(thrown)?.code === "REAUTHENTICATION_REQUIRED";

/** Creates the state of an app's step-up dialog. Create one for each page, beside `auth`. */
export const createReauthentication = (
  auth: AuthForReauthentication,
  { execute }: { readonly execute?: Execute | undefined } = {},
): Reauthentication => {
  const send = sender(auth, execute);
  const { getState, subscribe, run, reset, show } = createStore<ReauthenticationState, ReauthenticationStep>({
    initial: IDLE,
    toState: (step) => step as ReauthenticationState,
  });
  /** Whether the user gives a proof in the open dialog; null if none is open. */
  let proof: Promise<boolean> | null = null;
  let close = (_isProved: boolean): void => {};
  const cancel = (): void => close(false);

  const open = (): Promise<boolean> =>
    new Promise((resolve) => {
      const { sessionId } = auth.getState();
      // Another user, or none, must not answer for this one.
      const unwatch = auth.onChange((state) => {
        if (state.sessionId !== sessionId) cancel();
      });
      close = (isProved) => {
        unwatch();
        proof = null;
        reset();
        show(IDLE);
        resolve(isProved);
      };
      const retry = async (): Promise<void> => {
        await run(load);
        const state = getState();
        if (state.step === "PROOF" && state.method === "EMAIL_CODE") await state.sendCode();
      };
      show({ step: "LOADING", cancel, retry });
      void retry();
    });

  const load = async (): Promise<ReauthenticationStep> => {
    const methods = methodsOf(await send(currentUser()));
    let [method] = methods;
    const changed = (change: object): ReauthenticationStep => ({ ...getState(), ...change });
    const prove = (input: () => Promise<object>) =>
      run(async (isCurrent) => {
        const given = await input();
        // The dialog may have been closed during a passkey prompt.
        if (isCurrent()) await auth.stepUp(() => send(reauthenticate(given)));
        if (isCurrent()) close(true);
        return undefined;
      });

    // It has the data and actions of every method; its type has those of the chosen one.
    const step = {
      step: "PROOF",
      cancel,
      methods,
      method,
      codeSentTo: null,
      chooseMethod: (chosen: ReauthenticationMethod) => {
        const current = getState();
        if (current.step !== "PROOF" || current.busy) return;
        method = chosen;
        show(changed({ method }));
      },
      submit: (secret: string) => prove(async () => ({ [PROOFS[method as keyof typeof PROOFS]]: secret })),
      usePasskey: () => prove(async () => ({ passkey: await promptForPasskey(send) })),
      sendCode: () => run(async () => changed({ codeSentTo: (await send(sendReauthenticationCode())).sentTo })),
    };
    return step as ReauthenticationStep;
  };

  /** Opens the dialog, or waits for the one that is open; returns whether the user has given a proof. */
  const prove = (): Promise<boolean> => {
    proof ??= open();
    return proof;
  };

  return {
    getState,
    subscribe,
    async run(call) {
      try {
        const result = await call();
        // urql, and Apollo Client with errorPolicy "all", return errors.
        const { error } = (result ?? {}) as { readonly error?: unknown };
        if (!isRefusal(error) || !(await prove())) return result;
      } catch (thrown) {
        if (!isRefusal(thrown) || !(await prove())) throw thrown;
      }
      return call();
    },
  };
};
