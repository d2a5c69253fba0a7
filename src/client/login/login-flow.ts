import { globals } from "../globals.ts";
import { offerPasskeys } from "./autofill.ts";
import { credentialsState, logInWithPasskey } from "./credentials.ts";
import { type Send, sender } from "./execute.ts";
import { type LoginError, loginErrorOf } from "./failures.ts";
import type { AuthForLogin, Call, FlowContext, LoginFlowOptions } from "./flow-context.ts";
import { LoginMemory } from "./login-memory.ts";
import type { LoginState, RestartReason } from "./login-state.ts";
import { currentSessions, currentUser, endSession, type LoginMutation, loginStep } from "./operations.ts";
import { restartReasonFor } from "./restart-rules.ts";
import type { LoginResult, UnfinishedLogin } from "./results.ts";
import { knownFactors, startSecondFactor } from "./second-factor.ts";
import { createStore, type ReadableStore, type Store } from "./store.ts";
import { followPendingLogin } from "./waiting.ts";

/** A login as a store: `getState()` is the current step, with the actions that it allows. */
export type LoginFlow = ReadableStore<LoginState>;

/** Thrown into a call that `restart` has abandoned. */
const ABANDONED = new Error("The login was restarted.");

class Flow implements FlowContext {
  readonly auth: AuthForLogin;
  readonly options: LoginFlowOptions;
  readonly send: Send;
  readonly memory: LoginMemory;
  readonly store: Store<LoginState>;
  readonly #env = globals();
  /** The action in progress; others wait for its end, and send nothing. */
  #running: Promise<void> | null = null;
  /** Increased by `restart`. */
  #attempt = 0;
  #challenge: string | null = null;
  #isObserved = false;
  #wasRestored = false;
  #unwatch = (): void => {};
  #background: { readonly key: string; readonly stop: () => void } | null = null;

  constructor(auth: AuthForLogin, options: LoginFlowOptions) {
    this.auth = auth;
    this.options = options;
    this.send = sender(auth, options.execute);
    this.memory = new LoginMemory(this.#env, options.storage, options.deviceStorage);
    this.store = createStore<LoginState>(credentialsState(this), (isObserved) => this.#onObserved(isObserved));
  }

  readonly now = (): number => this.#env.Date.now();

  readonly getState = (): LoginState => this.store.getState();

  readonly show = (state: LoginState): void => {
    this.store.set(state);
    this.#updateBackground();
  };

  readonly restart = (reason: RestartReason | null = null, error: LoginError | null = null): void => {
    this.#attempt++;
    this.#running = null;
    this.#keep(null);
    this.show(credentialsState(this, reason, error));
  };

  readonly run = (work: (call: Call) => Promise<LoginState | null>): Promise<void> => {
    if (this.#running) return this.#running;
    const attempt = this.#attempt;
    const isCurrent = () => attempt === this.#attempt;
    const running = this.#finish(work, isCurrent).finally(() => {
      if (this.#running === running) this.#running = null;
    });
    this.#running = running;
    this.show({ ...this.getState(), busy: true, error: null });
    return running;
  };

  async #finish(work: (call: Call) => Promise<LoginState | null>, isCurrent: () => boolean): Promise<void> {
    // So that the state is busy before the work begins.
    await Promise.resolve();
    try {
      const next = await work({ logIn: (mutation, input) => this.#logIn(mutation, input, isCurrent) });
      if (isCurrent()) this.show(next ?? { ...this.getState(), busy: false });
    } catch (thrown) {
      if (isCurrent()) this.#fail(loginErrorOf(thrown));
    }
  }

  #fail(error: LoginError): void {
    const state = this.getState();
    const reason = restartReasonFor(state, error);
    if (reason !== null) {
      this.restart(reason, error);
      return;
    }
    const { attemptsLeft } = error;
    const counts = "attemptsLeft" in state && attemptsLeft !== null;
    this.show({ ...state, busy: false, error, ...(counts && { attemptsLeft }) } as LoginState);
  }

  async #logIn(mutation: LoginMutation, input: object, isCurrent: () => boolean): Promise<LoginState> {
    const result = await this.auth.login(async () => {
      const answer = await this.send(loginStep(mutation, input));
      if (isCurrent()) return answer;
      // The user has cancelled this login, so its session must not stay open.
      if ("tokens" in answer) await this.send(endSession(answer.tokens.refreshToken)).catch(() => {});
      throw ABANDONED;
    });
    if ("deviceToken" in result) await this.memory.keepDeviceToken(result.deviceToken);
    const since = this.now();
    this.#keep("challenge" in result ? { result, since } : null);
    return this.#stateOf(result, since);
  }

  #keep(login: { readonly result: UnfinishedLogin; readonly since: number } | null): void {
    // A storage that fails costs the user a login after a reload, not this one.
    void this.memory.keepUnfinished(login).catch(() => {});
  }

  /** `since`: when the login began to wait for the user. */
  #stateOf(result: LoginResult, since: number): LoginState {
    const common = { busy: false, error: null, restart: () => this.restart() };
    switch (result.__typename) {
      case "LoginSuccess": {
        const { user, session, evictedSessions, mfaRecommended, enrolmentTicket } = result;
        return { step: "SIGNED_IN", ...common, user, session, evictedSessions, mfaRecommended, enrolmentTicket };
      }
      case "SecondFactorRequired": {
        const [first, ...others] = knownFactors(result);
        if (first) return startSecondFactor(this, result, [first, ...others], since);
        return { step: "UNKNOWN", ...common, typename: result.__typename };
      }
      case "LoginConfirmationRequired": {
        const { number, sentTo, expiresAt, challenge } = result;
        this.#challenge = challenge;
        return { step: "CONFIRMATION", ...common, number, sentTo, expiresAt };
      }
      case "EnrolmentRequired":
        return {
          step: "ENROLMENT",
          ...common,
          expiresAt: result.expiresAt,
          finishEnrolment: () => this.run(() => this.#finishEnrolment()),
        };
      default:
        return { step: "UNKNOWN", ...common, typename: (result as { __typename: string }).__typename };
    }
  }

  /** A refresh returns the tokens of a full session, once the user has added a factor. */
  async #finishEnrolment(): Promise<LoginState> {
    await this.auth.renew(await this.auth.authorize());
    const [user, sessions] = await Promise.all([this.send(currentUser()), this.send(currentSessions())]);
    const session = sessions.find(({ current }) => current) ?? sessions[0];
    if (!session) throw new Error("The session has ended.");
    const result = { user, session, evictedSessions: [], mfaRecommended: false, enrolmentTicket: null };
    return { step: "SIGNED_IN", busy: false, error: null, restart: () => this.restart(), ...result };
  }

  #onObserved(isObserved: boolean): void {
    this.#isObserved = isObserved;
    this.#unwatch();
    this.#unwatch = isObserved ? this.auth.onChange(() => this.#onAuthChange()) : () => {};
    if (isObserved && !this.#wasRestored) void this.#restore().catch(() => {});
    this.#updateBackground();
  }

  /** After a logout, also in another tab, the next login starts with the credentials. */
  #onAuthChange(): void {
    const { step } = this.getState();
    const isOver = this.auth.getState().status === "SIGNED_OUT";
    if (isOver && (step === "SIGNED_IN" || step === "ENROLMENT")) this.restart();
  }

  /** Continues a login that waited when the page was reloaded. */
  async #restore(): Promise<void> {
    this.#wasRestored = true;
    const attempt = this.#attempt;
    const initial = this.getState();
    const stored = await this.memory.findUnfinished();
    if (!stored || attempt !== this.#attempt || this.getState() !== initial) return;
    const { result, since } = stored;
    if (Date.parse(result.expiresAt) <= this.now()) return this.restart("EXPIRED");
    this.show(this.#stateOf(result, since));
  }

  /** Starts and stops what happens by itself in a step. */
  #updateBackground(): void {
    const { step, busy } = this.getState();
    const isOffering = step === "CREDENTIALS" && !busy && this.options.passkeyAutofill === true;
    const key = !this.#isObserved
      ? null
      : step === "CONFIRMATION"
        ? `CONFIRMATION ${this.#challenge}`
        : isOffering
          ? "CREDENTIALS"
          : null;
    if (key === (this.#background?.key ?? null)) return;
    this.#background?.stop();
    this.#background = key === null ? null : { key, stop: isOffering ? this.#offerPasskeys() : this.#follow() };
  }

  #offerPasskeys(): () => void {
    return offerPasskeys(this.send, (assertion) => void logInWithPasskey(this, () => Promise.resolve(assertion)));
  }

  #follow(): () => void {
    const challenge = this.#challenge ?? "";
    return followPendingLogin({
      challenge,
      send: this.send,
      socket: this.options.socket,
      onStatus: (status) => {
        if (status === "DENIED" || status === "EXPIRED") return this.restart(status);
        if (status === "CONFIRMED") return void this.run(({ logIn }) => logIn("resumeLogin", { challenge }));
        // The API can be reached again.
        if (this.getState().error) this.show({ ...this.getState(), error: null });
      },
      onFailure: (thrown) => {
        if (!this.getState().busy) this.#fail(loginErrorOf(thrown));
      },
    });
  }
}

/**
 * Creates a login, step by step, for any user interface. While the store has subscribers, it restores a stored login, follows one
 * that waits for the answer to a mail, and offers passkeys in the autofill list. The last step stores the tokens in `auth`.
 */
export const createLoginFlow = (auth: AuthForLogin, options: LoginFlowOptions = {}): LoginFlow => {
  const { getState, subscribe } = new Flow(auth, options).store;
  return { getState, subscribe };
};
