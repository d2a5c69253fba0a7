import { globals, storageOf, type TokenStorage } from "../globals.ts";
import { createMemory } from "../refresh-token-store.ts";
import { offerPasskeys } from "./autofill.ts";
import { credentialsState, keepDeviceToken, logInWithPasskey } from "./credentials.ts";
import { type Send, sender } from "./execute.ts";
import { type LoginError, loginErrorOf } from "./failures.ts";
import type { AuthForLogin, FlowContext, LoginFlowOptions } from "./flow-context.ts";
import type { LoginState, RestartReason } from "./login-state.ts";
import { currentSessions, endSession, type LoginMutation, loginStep } from "./operations.ts";
import { restartReasonFor } from "./restart-rules.ts";
import type { LoginResult, UnfinishedLogin } from "./results.ts";
import { createRunner, type IsCurrent, type Runner } from "./runner.ts";
import { secondFactorState } from "./second-factor.ts";
import { createStore, type ReadableStore, type Store } from "./store.ts";
import { followPendingLogin } from "./waiting.ts";

/** A login as a store: `getState()` is the current step, with the actions that it allows. */
export type LoginFlow = ReadableStore<LoginState>;

/** Only letters, digits, `.`, `_` and `-`: Expo SecureStore accepts no other keys. */
const UNFINISHED = "portcullis.login";

/** A login that waits for its user, and since when, in milliseconds since 1970. */
interface StoredLogin {
  readonly result: UnfinishedLogin;
  readonly since: number;
}

class Flow implements FlowContext {
  readonly auth: AuthForLogin;
  readonly options: LoginFlowOptions;
  readonly send: Send;
  readonly storage: TokenStorage;
  readonly store: Store<LoginState>;
  readonly run: Runner<LoginState>["run"];
  readonly patch: Runner<LoginState>["patch"];
  readonly #reset: () => void;
  #isObserved = false;
  #wasRestored = false;
  #unwatch = (): void => {};
  /** The challenge of the login that waits for the answer to a mail. */
  #challenge = "";
  /** What happens by itself in this step: `key` names it. */
  #background = { key: "", stop: (): void => {} };

  constructor(auth: AuthForLogin, options: LoginFlowOptions) {
    this.auth = auth;
    this.options = options;
    this.send = sender(auth, options.execute);
    this.storage = storageIn(options);
    const { run, patch, reset } = createRunner<LoginState>({ getState: this.getState, set: this.#show }, this.#fail);
    this.run = run;
    this.patch = patch;
    this.#reset = reset;
    this.store = createStore<LoginState>(credentialsState(this), this.#onObserved);
  }

  readonly now = (): number => globals().Date.now();

  readonly getState = (): LoginState => this.store.getState();

  readonly restart = (): void => this.#startAgain(null, null);

  readonly logIn: FlowContext["logIn"] = (mutation, input, recover) =>
    this.run(async (isCurrent) => {
      try {
        return this.#stateOf(await this.#ask(mutation, await input(), isCurrent), this.now());
      } catch (thrown) {
        const state = recover?.(loginErrorOf(thrown));
        if (!state) throw thrown;
        return state;
      }
    });

  async #ask(mutation: LoginMutation, input: object, isCurrent: IsCurrent): Promise<LoginResult> {
    const result = await this.auth.login(async () => {
      // It may have waited for a passkey prompt, or for its turn.
      if (!isCurrent()) throw ABANDONED;
      const answer = await this.send(loginStep(mutation, input));
      if (isCurrent()) return answer;
      // The user has cancelled this login, so its session must not stay open.
      if ("tokens" in answer) await this.send(endSession(answer.tokens.refreshToken)).catch(() => {});
      throw ABANDONED;
    });
    if ("tokens" in result) {
      await keepDeviceToken(this, result.deviceToken);
      if (mutation === "verifyEmail") await this.options.registration?.forget();
    }
    return result;
  }

  /** `since`: when the login began to wait for the user. */
  #stateOf(result: LoginResult | UnfinishedLogin, since: number): LoginState {
    const common = { busy: false, error: null, restart: this.restart };
    const unknown = { step: "UNKNOWN" as const, ...common, typename: result.__typename };
    switch (result.__typename) {
      case "LoginSuccess": {
        const { __typename, tokens, deviceToken, ...login } = result;
        this.#keep(null);
        return { step: "SIGNED_IN", ...common, ...login };
      }
      case "SecondFactorRequired":
        this.#keep({ result, since });
        return secondFactorState(this, result, since) ?? unknown;
      case "LoginConfirmationRequired": {
        const { __typename, challenge, ...mail } = result;
        this.#keep({ result, since });
        this.#challenge = challenge;
        return { step: "CONFIRMATION", ...common, ...mail };
      }
      case "EnrolmentRequired": {
        const { __typename, expiresAt } = result;
        // Without the tokens.
        this.#keep({ result: { __typename, expiresAt }, since });
        return { step: "ENROLMENT", ...common, expiresAt, finishEnrolment: () => this.run(this.#finishEnrolment) };
      }
      default:
        return unknown;
    }
  }

  /** A refresh returns the tokens of a full session, once the user has added a factor. */
  readonly #finishEnrolment = async (): Promise<LoginState> => {
    await this.auth.renew(await this.auth.authorize());
    const session = (await this.send(currentSessions())).find(({ current }) => current);
    if (!session) throw new Error("The session has ended.");
    const { user } = session;
    const rest = { evictedSessions: [], mfaRecommended: false, enrolmentTicket: null };
    this.#keep(null);
    return { step: "SIGNED_IN", busy: false, error: null, restart: this.restart, user, session, ...rest };
  };

  readonly #fail = (error: LoginError): void => {
    const reason = restartReasonFor(this.getState(), error);
    if (reason) this.#startAgain(reason, error);
    else this.patch({ busy: false, error });
  };

  #startAgain(restartReason: RestartReason | null, error: LoginError | null): void {
    this.#reset();
    this.#keep(null);
    this.#show({ ...credentialsState(this), restartReason, error });
  }

  readonly #show = (state: LoginState): void => {
    this.store.set(state);
    this.#updateBackground();
  };

  readonly #onObserved = (isObserved: boolean): void => {
    this.#isObserved = isObserved;
    this.#unwatch();
    this.#unwatch = isObserved ? this.auth.onChange(this.#onAuthChange) : () => {};
    if (isObserved && !this.#wasRestored) void this.#restore().catch(() => {});
    this.#updateBackground();
  };

  /** After a logout, also in another tab, the next login starts with the credentials. */
  readonly #onAuthChange = (): void => {
    const { step } = this.getState();
    const isOver = this.auth.getState().status === "SIGNED_OUT";
    if (isOver && (step === "SIGNED_IN" || step === "ENROLMENT")) this.restart();
  };

  /** A storage that fails costs the user a login after a reload, not this one. */
  #keep(login: StoredLogin | null): void {
    const { storage } = this;
    const keeping = async () =>
      login ? storage.setItem(UNFINISHED, JSON.stringify(login)) : storage.removeItem(UNFINISHED);
    void keeping().catch(() => {});
  }

  /** Continues a login that waited when the page was reloaded. */
  async #restore(): Promise<void> {
    this.#wasRestored = true;
    const initial = this.getState();
    const stored: StoredLogin | null = JSON.parse((await this.storage.getItem(UNFINISHED)) ?? "null");
    if (!stored || this.getState() !== initial) return;
    const { result, since } = stored;
    if (Date.parse(result.expiresAt) <= this.now()) return this.#startAgain("EXPIRED", null);
    this.#show(this.#stateOf(result, since));
    this.#onAuthChange();
  }

  /** Starts and stops what happens by itself in a step. */
  #updateBackground(): void {
    const { step, busy } = this.getState();
    const isOffering = step === "CREDENTIALS" && !busy && this.options.passkeyAutofill;
    const wanted = step === "CONFIRMATION" ? this.#challenge : isOffering ? step : "";
    const key = this.#isObserved ? wanted : "";
    if (key === this.#background.key) return;
    this.#background.stop();
    this.#background = { key, stop: key === "" ? () => {} : isOffering ? this.#offerPasskeys() : this.#follow(key) };
  }

  #offerPasskeys(): () => void {
    return offerPasskeys(this.send, (assertion) => void logInWithPasskey(this, async () => assertion));
  }

  #follow(challenge: string): () => void {
    return followPendingLogin({
      challenge,
      send: this.send,
      socket: this.options.socket,
      onStatus: (status) => {
        if (status === "CONFIRMED") return void this.logIn("resumeLogin", async () => ({ challenge }));
        // The login is being resumed, after which its challenge is reported as expired.
        if (this.getState().busy) return;
        if (status !== "WAITING") this.#startAgain(status, null);
        // The API can be reached again.
        else this.patch({ error: null });
      },
      onFailure: (thrown) => {
        if (!this.getState().busy) this.#fail(loginErrorOf(thrown));
      },
    });
  }
}

/** Thrown into a call that `restart` has abandoned. */
const ABANDONED = new Error("The login was restarted.");

/** Without one, it lasts as long as the page. */
const storageIn = ({ storage }: LoginFlowOptions): TokenStorage =>
  (storage === "sessionStorage" ? storageOf(globals(), storage) : storage) ?? createMemory();

/**
 * Creates a login, step by step, for any user interface. While the store has subscribers, it restores a stored login, follows one
 * that waits for the answer to a mail, and offers passkeys in the autofill list. The last step stores the tokens in `auth`.
 */
export const createLoginFlow = (auth: AuthForLogin, options: LoginFlowOptions = {}): LoginFlow => {
  const { getState, subscribe } = new Flow(auth, options).store;
  return { getState, subscribe };
};
