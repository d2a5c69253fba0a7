import type { Auth } from "../auth.ts";
import type { TokenStorage } from "../globals.ts";
import type { ChallengeStore } from "../registration-challenge.ts";
import type { AuthForExecute, Execute, Send } from "./execute.ts";
import type { LoginMemory } from "./login-memory.ts";
import type { LoginState, RestartReason } from "./login-state.ts";
import type { LoginMutation } from "./operations.ts";
import type { SocketClient } from "./waiting.ts";

/** The part of `Auth` that a login needs. */
export type AuthForLogin = AuthForExecute & Pick<Auth, "transport" | "login" | "getState" | "onChange">;

export interface LoginFlowOptions {
  /** Sends the operations, instead of `fetch`. */
  readonly execute?: Execute | undefined;
  /** A client of graphql-ws, for a login that waits for the answer to a mail. Without it, the flow polls. */
  readonly socket?: SocketClient | undefined;
  /**
   * Where a login that waits is kept, so that it survives a reload: `"sessionStorage"`, or a storage of an app. It never contains
   * a password. With transport BODY, a social login needs it, too.
   */
  readonly storage?: TokenStorage | "sessionStorage" | undefined;
  /** With transport BODY: where the device token is kept, so that the next login is not one from a new device. */
  readonly deviceStorage?: TokenStorage | undefined;
  /** With transport BODY: where the app has kept the challenge of `register`. */
  readonly registration?: ChallengeStore | undefined;
  /** The name of this device in the list of sessions, for apps. */
  readonly deviceName?: string | undefined;
  /** Whether to offer passkeys in the autofill list of the field with `autocomplete="username webauthn"`. */
  readonly passkeyAutofill?: boolean | undefined;
}

/** What the steps need to act. */
export interface FlowContext {
  readonly auth: AuthForLogin;
  readonly options: LoginFlowOptions;
  readonly send: Send;
  readonly memory: LoginMemory;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Runs one action: one at a time. Shows the state that `work` returns, or the error that it throws. */
  readonly run: (work: (call: Call) => Promise<LoginState | null>) => Promise<void>;
  /** Shows another variant of the same step. */
  readonly show: (state: LoginState) => void;
  readonly getState: () => LoginState;
  readonly restart: (reason?: RestartReason | null) => void;
}

/** An action in progress. */
export interface Call {
  /** Sends a mutation that can be the last step, and stores its tokens; returns the next state. */
  readonly logIn: (mutation: LoginMutation, input: object) => Promise<LoginState>;
}
