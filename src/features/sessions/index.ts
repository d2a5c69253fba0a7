export { ENROLMENT_TICKET_LIFETIME, ticketOf } from "./enrolment-tickets.ts";
export { sessionsFeature } from "./feature.ts";
export { DENY_LOGIN_LINK } from "./link-purposes.ts";
export { LOGOUT } from "./pages/logout.ts";
export { ProofAttempts } from "./proof-attempts.ts";
export { RefreshTokens } from "./refresh-tokens.ts";
export { SessionAuthenticator, type WatchedSession, type WatchedStanding } from "./session-authenticator.ts";
export { sessionsFull } from "./session-limit.repository.ts";
export { SessionLimit } from "./session-limit.ts";
export { findSessionBasis, listUsersProvedAfter, type SteppedUpSession } from "./session-proofs.repository.ts";
export { SessionProofs } from "./session-proofs.service.ts";
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
export type { SessionEndReason, SessionProof, WithdrawnProofs } from "./sessions.policy.ts";
export { asSeen, MOST_SESSIONS } from "./sessions.policy.ts";
export { liveAt, type Session, type SessionRow, sessionColumns } from "./sessions.repository.ts";
export { type OpenedSession, SessionsService } from "./sessions.service.ts";
export { sessions } from "./sessions.table.ts";
export { listTaintedSessions } from "./tainted-sessions.repository.ts";
export { deliverTokens } from "./token-delivery.ts";
