import type { Operation } from "./execute.ts";
import type { CurrentUser, LoginResponse, SessionSummary } from "./results.ts";

const USER =
  "id email emailVerified name username locale isOperator hasPassword mfa { enabled totpEnabled passkeyCount backupCodesLeft preferredFactor } tenant { id name slug }";
const SESSION = "id createdAt lastActivityAt ipAddress authenticatedWith device { label } location { label }";
const TOKENS = "tokens { accessToken refreshToken expiresIn }";
const RESULT = `{
  __typename
  ... on LoginSuccess { ${TOKENS} deviceToken enrolmentTicket mfaRecommended user { ${USER} } session { ${SESSION} } evictedSessions { ${SESSION} } }
  ... on SecondFactorRequired { challenge factors preferredFactor reason codeSentTo expiresAt }
  ... on LoginConfirmationRequired { challenge number sentTo expiresAt }
  ... on EnrolmentRequired { ${TOKENS} expiresAt }
}`;

/** The mutations that return a `LoginResult`. */
export type LoginMutation =
  | "acceptInvitation"
  | "finishPasskeyLogin"
  | "finishSocialLogin"
  | "login"
  | "resumeLogin"
  | "verifyBackupCode"
  | "verifyEmail"
  | "verifyEmailCode"
  | "verifyTotp";

/** A mutation with one argument `input`, callable without a login. */
const publicMutation = <Payload>(name: string, input: object, selection: string): Operation<Payload> => {
  const type = name[0]?.toUpperCase() + name.slice(1);
  return {
    query: `mutation ${type}($input: ${type}Input!) { payload: ${name}(input: $input) ${selection} }`,
    variables: { input },
    isPublic: true,
  };
};

export const loginStep = (name: LoginMutation, input: object): Operation<LoginResponse> =>
  publicMutation(name, input, RESULT);

export const startPasskeyLogin = (challenge?: string) =>
  publicMutation<{ challenge: string; publicKey: Record<string, unknown> }>(
    "startPasskeyLogin",
    challenge === undefined ? {} : { challenge },
    "{ challenge publicKey }",
  );

export const startSocialLogin = (input: object) =>
  publicMutation<{ authorizationUrl: string; state: string }>("startSocialLogin", input, "{ authorizationUrl state }");

export const sendEmailCode = (challenge: string) =>
  publicMutation<{ sentTo: string }>("sendEmailCode", { challenge }, "{ sentTo }");

export const requestFactorReset = (challenge: string) =>
  publicMutation<{ dueAt: string }>("requestFactorReset", { challenge }, "{ dueAt }");

/** The schema's `PendingLogin`. */
export interface PendingLogin {
  readonly status: "WAITING" | "CONFIRMED" | "DENIED" | "EXPIRED";
}

export const checkPendingLogin = (challenge: string) =>
  publicMutation<{ pendingLogin: PendingLogin }>("checkPendingLogin", { challenge }, "{ pendingLogin { status } }");

export const LOGIN_PROGRESSED =
  "subscription LoginProgressed($challenge: String!) { loginProgressed(challenge: $challenge) { status } }";

/** Ends the session that a login has just opened; without a refresh token, the session of the cookie. */
export const endSession = (refreshToken: string | null | undefined) =>
  publicMutation<object>("logout", refreshToken ? { refreshToken } : {}, "{ endedSessionId }");

/** An operation of the signed-in user. */
const ownOperation = <Payload>(query: string, variables: object = {}): Operation<Payload> => ({
  query,
  variables,
  isPublic: false,
});

export const currentUser = () => ownOperation<CurrentUser>(`query CurrentUser { payload: me { ${USER} } }`);

type OwnSession = SessionSummary & { readonly current: boolean; readonly user: CurrentUser };

export const currentSessions = () =>
  ownOperation<readonly OwnSession[]>(
    `query CurrentSessions { payload: sessions { current ${SESSION} user { ${USER} } } }`,
  );

export const reauthenticate = (input: object) =>
  ownOperation<{ accessToken: string }>(
    "mutation Reauthenticate($input: ReauthenticateInput!) { payload: reauthenticate(input: $input) { accessToken } }",
    { input },
  );

export const sendReauthenticationCode = () =>
  ownOperation<{ sentTo: string }>(
    "mutation SendReauthenticationCode { payload: sendReauthenticationCode { sentTo } }",
  );
