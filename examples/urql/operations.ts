import { gql, type TypedDocumentNode } from "@urql/core";
import type { LoginSuccess } from "portcullis/client";

// A real frontend generates these types: docs/codegen.md.

/** The factors with a code. Passkeys have two steps: docs/second-factors.md. */
export type CodeFactor = "TOTP" | "BACKUP_CODE" | "EMAIL_CODE";

/** How a login continues. Later versions of the API can add members. */
export type LoginResult =
  | ({ __typename: "LoginSuccess" } & LoginSuccess)
  | ({ __typename: "EnrolmentRequired" } & LoginSuccess)
  | { __typename: "SecondFactorRequired"; challenge: string; factors: string[] }
  | { __typename: "LoginConfirmationRequired"; challenge: string; number: string; sentTo: string };

type LoginMutation = TypedDocumentNode<{ step: LoginResult }, { input: object }>;

const LOGIN_RESULT = gql`
  fragment Result on LoginResult {
    __typename
    ... on LoginSuccess { tokens { accessToken expiresIn } }
    ... on EnrolmentRequired { tokens { accessToken expiresIn } }
    ... on SecondFactorRequired { challenge factors }
    ... on LoginConfirmationRequired { challenge number sentTo }
  }
`;

export const LOGIN: LoginMutation = gql`
  mutation Login($input: LoginInput!) { step: login(input: $input) { ...Result } }
  ${LOGIN_RESULT}
`;

export const RESUME_LOGIN: LoginMutation = gql`
  mutation ResumeLogin($input: ResumeLoginInput!) { step: resumeLogin(input: $input) { ...Result } }
  ${LOGIN_RESULT}
`;

export const VERIFY: Readonly<Record<CodeFactor, LoginMutation>> = {
  TOTP: gql`
    mutation VerifyTotp($input: VerifyTotpInput!) { step: verifyTotp(input: $input) { ...Result } }
    ${LOGIN_RESULT}
  `,
  BACKUP_CODE: gql`
    mutation VerifyBackupCode($input: VerifyBackupCodeInput!) { step: verifyBackupCode(input: $input) { ...Result } }
    ${LOGIN_RESULT}
  `,
  EMAIL_CODE: gql`
    mutation VerifyEmailCode($input: VerifyEmailCodeInput!) { step: verifyEmailCode(input: $input) { ...Result } }
    ${LOGIN_RESULT}
  `,
};

export interface Session {
  readonly id: string;
  readonly current: boolean;
  readonly lastActivityAt: string;
  readonly device: { readonly label: string };
}

export const SESSIONS: TypedDocumentNode<{ sessions: Session[] }, Record<string, never>> = gql`
  query Sessions { sessions { id current lastActivityAt device { label } } }
`;
