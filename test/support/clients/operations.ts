import { parse } from "graphql";
import type { OperationVariables, TypedDocumentNode } from "./web-client.ts";

/** What a code generator produces from a frontend's .graphql files. */
const typed = <Data, Variables extends OperationVariables = Record<string, never>>(
  text: string,
): TypedDocumentNode<Data, Variables> => parse(text) as TypedDocumentNode<Data, Variables>;

export type Transport = "BODY" | "COOKIE";

export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string | null;
  readonly expiresIn: number;
}

export const Register = typed<
  { register: { next: "VERIFY_EMAIL" | "AWAIT_APPROVAL"; challenge: string | null } },
  {
    input: { transport: Transport; email: string; password: string; username?: string; name?: string; locale?: string };
  }
>("mutation Register($input: RegisterInput!) { register(input: $input) { next challenge } }");

export type LoginResult =
  | {
      readonly __typename: "LoginSuccess";
      readonly tokens: Tokens;
      readonly user: { readonly id: string };
      readonly session: { readonly id: string };
      readonly deviceToken: string | null;
    }
  | { readonly __typename: "SecondFactorRequired" | "LoginConfirmationRequired"; readonly challenge: string };

export const Login = typed<
  { login: LoginResult },
  { input: { identifier: string; password: string; transport: Transport; deviceToken?: string | null } }
>(`
  mutation Login($input: LoginInput!) {
    login(input: $input) {
      __typename
      ... on LoginSuccess {
        tokens { accessToken refreshToken expiresIn }
        user { id }
        session { id }
        deviceToken
      }
      ... on SecondFactorRequired { challenge }
      ... on LoginConfirmationRequired { challenge }
    }
  }
`);

export const VerifyEmail = typed<
  { verifyEmail: LoginResult },
  { input: { token: string; transport: Transport; challenge?: string | null; password?: string } }
>(`
  mutation VerifyEmail($input: VerifyEmailInput!) {
    verifyEmail(input: $input) {
      __typename
      ... on LoginSuccess {
        tokens { accessToken refreshToken expiresIn }
        user { id }
        session { id }
        deviceToken
      }
    }
  }
`);

export const RefreshTokens = typed<{ refreshToken: { tokens: Tokens } }, { input?: { refreshToken: string } }>(`
  mutation RefreshTokens($input: RefreshTokenInput) {
    refreshToken(input: $input) { tokens { accessToken refreshToken } }
  }
`);

export const Me = typed<{ me: { id: string; email: string; username: string | null } }>(
  "query Me { me { id email username } }",
);

export interface SessionRow {
  readonly id: string;
  readonly current: boolean;
  readonly device: { readonly label: string };
}

export const Sessions = typed<{ sessions: readonly SessionRow[] }>(
  "query Sessions { sessions { id current device { label } } }",
);

export const TenantName = typed<{ tenant: { name: string } }>("query TenantName { tenant { name } }");

export const SecurityHistory = typed<{ securityEvents: { nodes: readonly { type: string }[] } }>(
  "query SecurityHistory { securityEvents(first: 20) { nodes { type } } }",
);

export const DeleteSession = typed<
  { deleteSession: { session: { id: string; endedAt: string; endReason: string } } },
  { id: string }
>("mutation DeleteSession($id: ID!) { deleteSession(input: { sessionId: $id }) { session { id endedAt endReason } } }");

export const ChangeUsername = typed<
  { changeUsername: { user: { id: string; username: string } } },
  { input: { username: string; password: string } }
>("mutation ChangeUsername($input: ChangeUsernameInput!) { changeUsername(input: $input) { user { id username } } }");

export const ChangePassword = typed<
  { changePassword: { endedSessions: readonly { id: string }[] } },
  { input: { currentPassword: string; newPassword: string; logout?: "NONE" | "OTHERS" | "ALL" } }
>("mutation ChangePassword($input: ChangePasswordInput!) { changePassword(input: $input) { endedSessions { id } } }");

export const RequestPasswordReset = typed<{ requestPasswordReset: { accepted: boolean } }, { email: string }>(
  "mutation RequestPasswordReset($email: EmailAddress!) { requestPasswordReset(input: { email: $email }) { accepted } }",
);

export const PasswordResetToken = typed<{ checkPasswordResetToken: { valid: boolean } }, { token: string }>(
  "mutation PasswordResetToken($token: String!) { checkPasswordResetToken(input: { token: $token }) { valid } }",
);

export const ResetPassword = typed<
  { resetPassword: { endedSessionIds: readonly string[] } },
  { input: { token: string; newPassword: string } }
>("mutation ResetPassword($input: ResetPasswordInput!) { resetPassword(input: $input) { endedSessionIds } }");

export const Logout = typed<{ logout: { endedSession: { id: string } | null } }>(
  "mutation Logout { logout { endedSessionId } }",
);

export const DeleteAccount = typed<{ deleteAccount: { deletedUserId: string } }, { input: { password: string } }>(
  "mutation DeleteAccount($input: DeleteAccountInput!) { deleteAccount(input: $input) { deletedUserId } }",
);

/** Two root fields, one of which may fail. */
export const MeAndUsers = typed<{ me: { id: string }; users: { nodes: readonly { id: string }[] } }>(
  "query MeAndUsers { me { id } users { nodes { id } } }",
);
