import type { Auth } from "../auth.ts";
import type { TokenStorage } from "../globals.ts";
import type { ChallengeStore } from "../registration-challenge.ts";
import type { AuthForExecute, Execute, Send } from "./execute.ts";
import type { LoginError } from "./failures.ts";
import type { FlowStep, LoginState, RestartReason } from "./login-state.ts";
import type { LoginMutation } from "./operations.ts";
import type { UnfinishedLogin } from "./results.ts";
import type { ActionStore } from "./store.ts";
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

/** A login that waits for its user, and since when, in milliseconds since 1970. */
export interface WaitingLogin {
  readonly result: UnfinishedLogin;
  readonly since: number;
}

/** What the steps need to act. */
export interface FlowContext extends Pick<ActionStore<LoginState, FlowStep>, "getState" | "run" | "show"> {
  readonly auth: AuthForLogin;
  readonly options: LoginFlowOptions;
  readonly send: Send;
  /** Survives a reload, if the app agrees. */
  readonly storage: TokenStorage;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly logIn: (
    mutation: LoginMutation,
    input: () => Promise<object>,
    recover?: (thrown: unknown) => FlowStep,
  ) => Promise<void>;
  readonly startAgain: (reason: RestartReason | null, error?: LoginError) => void;
  /** Shows why an action has failed, and starts again if the login cannot continue. */
  readonly fail: (error: LoginError) => void;
  /** Keeps a login that waits for its user, so that it survives a reload; null: it no longer waits. */
  readonly keep: (login: WaitingLogin | null) => void;
  readonly findWaiting: () => Promise<WaitingLogin | null>;
}
