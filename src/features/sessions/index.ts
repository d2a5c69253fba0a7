export { CredentialAttempts } from "./credential-attempts.ts";
export { ENROLMENT_TICKET_LIFETIME_MS, ticketOf } from "./enrolment-tickets.ts";
export { sessionsFeature } from "./feature.ts";
export { DENY_LOGIN_LINK } from "./link-purposes.ts";
export { LOGOUT } from "./pages/logout.ts";
export { RefreshTokens } from "./refresh-tokens.ts";
export {
  findSessionBasis,
  listUsersAuthenticatedAfter,
  type SteppedUpSession,
} from "./session-auth-methods.repository.ts";
export { SessionAuthMethods } from "./session-auth-methods.service.ts";
export { SessionAuthenticator, type WatchedSession, type WatchedSessionCheck } from "./session-authenticator.ts";
export { sessionsFull } from "./session-limit.repository.ts";
export { SessionLimit } from "./session-limit.ts";
export { type ElevatedToken, SessionTokensService, type TokenPair } from "./session-tokens.service.ts";
export {
  AuthenticationMethodEnum,
  AuthTokens,
  SessionConnection,
  SessionEndReasonEnum,
  SessionType,
  type TokenTransport,
  TokenTransportEnum,
} from "./sessions.graphql.ts";
export type { RevokedAuthMethods, SessionAuthMethod, SessionEndReason } from "./sessions.policy.ts";
export { MAX_SESSIONS, withEffectiveStatus } from "./sessions.policy.ts";
export { isActiveAt, type Session, type SessionRow, sessionColumns } from "./sessions.repository.ts";
export { type OpenedSession, SessionsService } from "./sessions.service.ts";
export { sessions } from "./sessions.table.ts";
export { listTaintedSessions } from "./tainted-sessions.repository.ts";
export { deliverTokens } from "./token-delivery.ts";
