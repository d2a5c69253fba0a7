import type { LoginSuccess as IssuedTokens } from "../access-token.ts";

/** The schema's `AuthenticationMethod`. Later versions may add members. */
export type AuthenticationMethod = "BACKUP_CODE" | "EMAIL_CODE" | "PASSKEY" | "PASSWORD" | "SOCIAL" | "TOTP";

/** The factors that can complete a login. */
export type SecondFactor = Extract<AuthenticationMethod, "BACKUP_CODE" | "EMAIL_CODE" | "PASSKEY" | "TOTP">;

/** The schema's `ChallengeReason`: why a login needs a second factor. */
export type ChallengeReason =
  | "ADDRESS_UNPROVED"
  | "ENROLMENT_REQUIRED"
  | "HIGH_RISK"
  | "SECOND_FACTOR_ENABLED"
  | "TENANT_POLICY"
  // Members may be added.
  | (string & {});

/** The schema's `User`, as far as a frontend needs it to greet the user and to offer the right forms. */
export interface CurrentUser {
  readonly id: string;
  readonly email: string;
  readonly emailVerified: boolean;
  readonly name: string | null;
  readonly username: string | null;
  readonly locale: string;
  readonly isOperator: boolean;
  readonly hasPassword: boolean;
  readonly mfa: {
    readonly enabled: boolean;
    readonly totpEnabled: boolean;
    readonly passkeyCount: number;
    readonly backupCodesLeft: number;
    readonly preferredFactor: AuthenticationMethod | null;
  };
  /** The home tenant. */
  readonly tenant: { readonly id: string; readonly name: string; readonly slug: string };
}

/** The schema's `Session`: where and how the user logged in. */
export interface SessionSummary {
  readonly id: string;
  readonly createdAt: string;
  readonly lastActivityAt: string;
  readonly ipAddress: string;
  readonly authenticatedWith: readonly AuthenticationMethod[];
  readonly device: { readonly label: string };
  readonly location: { readonly label: string } | null;
}

/** What a successful login returns, without the tokens. */
export interface CompletedLogin {
  readonly user: CurrentUser;
  readonly session: SessionSummary;
  /** The sessions that this login has ended, because the tenant limits their number. */
  readonly evictedSessions: readonly SessionSummary[];
  /** Whether to suggest a second factor. */
  readonly mfaRecommended: boolean;
  /** Allows adding one factor without a step-up, for five minutes. Keep it in memory only. */
  readonly enrolmentTicket: string | null;
}

export interface LoginSuccess extends CompletedLogin {
  readonly __typename: "LoginSuccess";
}

export interface SecondFactorRequired {
  readonly __typename: "SecondFactorRequired";
  readonly challenge: string;
  readonly factors: readonly AuthenticationMethod[];
  readonly preferredFactor: AuthenticationMethod;
  readonly reason: ChallengeReason;
  readonly codeSentTo: string | null;
  readonly expiresAt: string;
}

export interface LoginConfirmationRequired {
  readonly __typename: "LoginConfirmationRequired";
  readonly challenge: string;
  readonly number: string;
  readonly sentTo: string;
  readonly expiresAt: string;
}

export interface EnrolmentRequired {
  readonly __typename: "EnrolmentRequired";
  readonly expiresAt: string;
}

/** The results after which the login waits for the user, without tokens. */
export type UnfinishedLogin = SecondFactorRequired | LoginConfirmationRequired | EnrolmentRequired;

/** The schema's `LoginResult`, without tokens. A later version may add members. */
export type LoginResult = LoginSuccess | UnfinishedLogin;

/** A `LoginResult` as the operations select it. */
export type LoginResponse = LoginResult & Partial<IssuedTokens>;
