import type { ChallengeReason, CompletedLogin, SecondFactor } from "./results.ts";
import type { SocialCallback } from "./social.ts";
import type { Progress, Without } from "./store.ts";

interface Restartable {
  /** Starts again with the credentials. The answer of a call in progress is ignored. */
  readonly restart: () => void;
}

/** Why a login that was in progress starts again. */
export type RestartReason =
  /** It took too long, was completed elsewhere, or the account was changed. */
  | "EXPIRED"
  /** The user answered the mail with *No*. */
  | "DENIED"
  /** Too many wrong codes. */
  | "TOO_MANY_ATTEMPTS"
  /** The account may not log in; `error` says why. */
  | "REFUSED";

export interface PasswordCredentials {
  /** The e-mail address or the username. */
  readonly identifier: string;
  readonly password: string;
}

export interface SocialStart {
  /** `SocialProvider.id`, of `authSettings`. */
  readonly provider: string;
  /** The page of the app that the provider sends the user back to. */
  readonly redirectUri: string;
  /** The slug of the tenant that a new user joins. */
  readonly tenant?: string | undefined;
}

/** What a new user chooses when they open a mailed link. */
export interface NewCredentials {
  readonly password: string;
  readonly username?: string | undefined;
  /** The display name; not with an invitation, which contains one. */
  readonly name?: string | undefined;
}

export interface LinkCredentials extends Partial<NewCredentials> {
  /** The token of the link: `takeLinkToken()`. */
  readonly token: string;
}

/** The user chooses how to log in. */
export interface CredentialsState extends Progress, Restartable {
  readonly step: "CREDENTIALS";
  /** Why a login that was in progress starts again; null otherwise. */
  readonly restartReason: RestartReason | null;
  readonly logInWithPassword: (credentials: PasswordCredentials) => Promise<void>;
  /** Opens the browser's passkey prompt. */
  readonly logInWithPasskey: () => Promise<void>;
  /** @returns the provider's page to open (`location.assign`); null if that failed, see `error` */
  readonly startSocialLogin: (start: SocialStart) => Promise<string | null>;
  /** On the page of `redirectUri`, with `takeSocialCallback()`. */
  readonly finishSocialLogin: (callback: SocialCallback) => Promise<void>;
  /** On the page of a mailed verification link. If a password is needed, PASSWORD_REQUIRED follows. */
  readonly verifyEmail: (link: LinkCredentials) => Promise<void>;
  /** On the page of a mailed invitation. Without a password, PASSWORD_REQUIRED follows. */
  readonly acceptInvitation: (link: LinkCredentials) => Promise<void>;
  /** Continues a login by its challenge, once its user has confirmed it by mail. */
  readonly resumeLogin: (challenge: string) => Promise<void>;
}

/** A mailed link was opened, and its user must choose a password. */
export interface PasswordRequiredState extends Progress, Restartable {
  readonly step: "PASSWORD_REQUIRED";
  readonly link: "VERIFICATION" | "INVITATION";
  readonly setPassword: (credentials: NewCredentials) => Promise<void>;
}

interface SecondFactorBase extends Progress, Restartable {
  readonly step: "SECOND_FACTOR";
  readonly reason: ChallengeReason;
  /** The factors that the user can choose from, the preferred one first. */
  readonly factors: readonly SecondFactor[];
  readonly expiresAt: string;
  readonly chooseFactor: (factor: SecondFactor) => void;
  /** For a user who has lost all factors: resets them after a waiting period (`factorResetDueAt`). */
  readonly requestFactorReset: () => Promise<void>;
  /** When the factors will be reset; null unless it was requested. */
  readonly factorResetDueAt: string | null;
}

interface CodeEntry extends SecondFactorBase {
  /**
   * `trustDevice`: whether the user confirms this device as their own. After a wrong code, `error.attemptsLeft` is how many
   * remain.
   */
  readonly submitCode: (code: string, more?: { readonly trustDevice?: boolean }) => Promise<void>;
}

export interface AppCodeState extends CodeEntry {
  /** The chosen factor. */
  readonly factor: "TOTP" | "BACKUP_CODE";
}

export interface EmailCodeState extends CodeEntry {
  readonly factor: "EMAIL_CODE";
  /** The masked address to which the code was mailed. */
  readonly codeSentTo: string | null;
  /** When another code can be mailed, in milliseconds since 1970. If that is refused, wait for `error.retryAfter`. */
  readonly canResendAt: number;
  readonly resendCode: () => Promise<void>;
}

export interface PasskeyFactorState extends SecondFactorBase {
  readonly factor: "PASSKEY";
  /** Opens the browser's passkey prompt. */
  readonly usePasskey: () => Promise<void>;
}

/** The login needs a second factor: `factor` is the chosen one. */
export type SecondFactorState = AppCodeState | EmailCodeState | PasskeyFactorState;

/** The login waits for the answer to a mail, and continues by itself while the store has a subscriber. */
export interface ConfirmationState extends Progress, Restartable {
  readonly step: "CONFIRMATION";
  /** Identifies the login, for `resumeLogin`. */
  readonly challenge: string;
  /** Two digits to show here. The user enters them on the page that the mail links to. */
  readonly number: string;
  /** The masked address to which the mail was sent. */
  readonly sentTo: string;
  readonly expiresAt: string;
}

/** The user is signed in, but must add a second factor before anything else. */
export interface EnrolmentState extends Progress, Restartable {
  readonly step: "ENROLMENT";
  /** Until when a factor can be added. */
  readonly expiresAt: string;
  /** After a factor was added: gets the tokens of a full session. */
  readonly finishEnrolment: () => Promise<void>;
}

export interface SignedInState extends Progress, Restartable, CompletedLogin {
  readonly step: "SIGNED_IN";
}

/** A step of a later version of the API: ask the user to reload the page. */
export interface UnknownState extends Progress, Restartable {
  readonly step: "UNKNOWN";
  readonly typename: string;
}

/** The current step of a login, with the actions that it allows. `step` and `factor` narrow it. */
export type LoginState =
  | CredentialsState
  | PasswordRequiredState
  | SecondFactorState
  | ConfirmationState
  | EnrolmentState
  | SignedInState
  | UnknownState;

/** A state, before it is shown. */
export type FlowStep = Without<Progress & Restartable, LoginState>;
