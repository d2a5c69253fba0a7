/** The requests of other services, by subject: operations of the schema that a client over HTTP could send as well. */
export const REQUESTS = {
  "auth.register": { operation: "mutation ($input: RegisterInput!) { register(input: $input) { next challenge } }" },
  "auth.login": {
    // Only fields that the login already has, so that the response needs no further queries.
    operation: /* GraphQL */ `
      mutation ($input: LoginInput!) {
        login(input: $input) {
          __typename
          ... on LoginSuccess {
            tokens { accessToken refreshToken tokenType expiresIn refreshExpiresAt }
            user { id email emailVerified username name locale isOperator }
            session {
              id
              device { label browser os type }
              ipAddress
              location { label city countryCode }
              authenticatedWith
              createdAt
              expiresAt
            }
            mfaRecommended
            evictedSessions { id device { label browser os type } ipAddress createdAt lastActivityAt }
            deviceToken
            enrolmentTicket
          }
          ... on SecondFactorRequired { challenge expiresAt factors preferredFactor reason codeSentTo }
          ... on LoginConfirmationRequired { challenge number expiresAt sentTo }
          ... on EnrolmentRequired { tokens { accessToken refreshToken tokenType expiresIn refreshExpiresAt } expiresAt }
        }
      }
    `,
  },
  "auth.validate": {
    operation: /* GraphQL */ `
      mutation ($input: ValidateTokenInput!) {
        validateToken(input: $input) {
          valid
          reason
          claims { userId sessionId tenantId email username role roles permissions issuedAt expiresAt }
        }
      }
    `,
    // The validity of a token does not depend on the client.
    clientOptional: true,
  },
  "auth.refresh": {
    operation: /* GraphQL */ `
      mutation ($input: RefreshTokenInput) {
        refreshToken(input: $input) { tokens { accessToken refreshToken tokenType expiresIn refreshExpiresAt } }
      }
    `,
  },
  "auth.logout": { operation: "mutation ($input: LogoutInput) { logout(input: $input) { endedSessionId } }" },
  "auth.logout_all": {
    operation: "mutation ($input: LogoutAllInput) { logoutAll(input: $input) { endedSessionIds } }",
  },
  "auth.change_password": {
    operation: "mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { endedSessions { id } } }",
  },
} as const satisfies Readonly<Record<string, RequestDefinition>>;

export interface RequestDefinition {
  readonly operation: string;
  /** Whether the client is irrelevant to the operation. */
  readonly clientOptional?: boolean;
}

export type RequestSubject = keyof typeof REQUESTS;
