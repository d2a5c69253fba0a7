import { Field, ID, InputType, Int, ObjectType } from "type-graphql";
import { describedEnum, Location } from "#platform/schema/common.graphql";
import { connectionOf, DateTimeRange } from "#platform/schema/connection";
import { Entity } from "#platform/schema/federation";
import { Node } from "#platform/schema/node";
import { DateTime, EmailAddress, IPAddress } from "#platform/schema/scalars";
import type { DeviceDescription, GeoLabel } from "#shared/client-info";
import type { AuthenticationMethod } from "#shared/factors";
import type { DeviceId, SessionId, UserId } from "#shared/ids";
import type { TokenTransport } from "#shared/token-transports";
import type { SessionEndReason } from "./sessions.policy.ts";
import type { Session } from "./sessions.repository.ts";

export const SessionEndReasonEnum = describedEnum<SessionEndReason>("SessionEndReason", "Why a session ended.", {
  LOGGED_OUT: "The user logged out, here or on all devices.",
  REVOKED: "The user ended it from another session.",
  SESSION_LIMIT: "A newer login replaced it, because the tenant limits the number of sessions per user.",
  PASSWORD_CHANGED: "The user changed the password.",
  PASSWORD_RESET: "The password was reset by mail, or must be reset.",
  LOGIN_DENIED: "The user denied a login by mail, which ended all sessions.",
  TOKEN_REUSED: "A refresh token was used again after its rotation, which indicates theft.",
  STEP_UP_FAILED: "Ten consecutive step-ups, or password checks for an account change, failed on it.",
  ADMIN_REVOKED: "An administrator ended it.",
  ACCOUNT_SUSPENDED: "The account was suspended.",
  EXPIRED: "It was unused for too long, or reached its maximum lifetime.",
});

export const AuthenticationMethodEnum = describedEnum<AuthenticationMethod>(
  "AuthenticationMethod",
  "A way to verify the caller's identity, and the mutation for it.",
  {
    PASSWORD: "A password: `login`.",
    TOTP: "A code from an authenticator app (RFC 6238): `verifyTotp`.",
    BACKUP_CODE: "One of the backup codes: `verifyBackupCode`.",
    EMAIL_CODE: "A code sent by mail: `verifyEmailCode`. `sendEmailCode` mails another.",
    PASSKEY: "A passkey with user verification (WebAuthn): `startPasskeyLogin`, then `finishPasskeyLogin`.",
    SOCIAL: "A login at another provider: `startSocialLogin`, then `finishSocialLogin`.",
  },
);

export type { TokenTransport };

export const TokenTransportEnum = describedEnum<TokenTransport>(
  "TokenTransport",
  "How the refresh token reaches the client.",
  {
    BODY: "In the response; the client stores it.",
    COOKIE:
      "In an HttpOnly, Secure, SameSite=Strict __Host- cookie: scripts cannot read it. The client sends requests with `credentials: " +
      '"include"`, from pages on the API\'s own site (localhost with any port is one site, 127.0.0.1 is another).',
  },
);

export type TokenInvalidReason = "MALFORMED" | "BAD_SIGNATURE" | "EXPIRED" | "REVOKED";
export const TokenInvalidReasonEnum = describedEnum<TokenInvalidReason>(
  "TokenInvalidReason",
  "Why a token is invalid.",
  {
    MALFORMED: "It is not an access token of this API.",
    BAD_SIGNATURE: "It is not signed with a key of this installation.",
    EXPIRED: "It has expired: the client must refresh.",
    REVOKED: "The session has ended, or the user's roles changed after it was issued.",
  },
);

@Entity()
@ObjectType("Session", { implements: Node, description: "A signed-in device." })
export class SessionType extends Node {
  userId!: UserId;
  deviceId!: DeviceId | null;
  device!: DeviceDescription;

  @Field(() => IPAddress, {
    description:
      "The client's IP address at login. Addresses that proxies report count only if the proxies are trusted.",
  })
  ipAddress!: string;

  @Field(() => Location, { nullable: true, description: "The location of the address; null if unknown." })
  location!: GeoLabel | null;

  @Field(() => [AuthenticationMethodEnum], { description: "The methods of the login." })
  authenticatedWith!: AuthenticationMethod[];

  @Field(() => DateTime, { description: "When the user logged in." })
  createdAt!: Date;

  @Field(() => DateTime, { description: "When the session was last used, to the minute." })
  lastActivityAt!: Date;

  @Field(() => DateTime, { description: "When it expires unless it is refreshed." })
  expiresAt!: Date;

  @Field(() => DateTime, { nullable: true, description: "When it ended; null while it is live." })
  endedAt!: Date | null;

  @Field(() => SessionEndReasonEnum, { nullable: true, description: "Why it ended; null while it is live." })
  endReason!: SessionEndReason | null;
}

export const SessionConnection = connectionOf(SessionType, "Session");

@InputType({ description: "The ended sessions to list: those that match all given fields." })
export class SessionHistoryFilter {
  @Field(() => SessionEndReasonEnum, { nullable: true, description: "Only sessions that ended for this reason." })
  endReason?: SessionEndReason | null;

  @Field(() => IPAddress, { nullable: true, description: "Only sessions opened from this IP address." })
  ipAddress?: string | null;

  @Field(() => DateTimeRange, { nullable: true, description: "Only sessions opened in this period." })
  createdAt?: DateTimeRange | null;

  @Field(() => DateTimeRange, { nullable: true, description: "Only sessions that ended in this period." })
  endedAt?: DateTimeRange | null;
}

@ObjectType({ description: "An access token for this API, and a refresh token for getting new tokens." })
export class AuthTokens {
  @Field(() => String, {
    description: "Send it as `Authorization: Bearer …`. A JWT; clients should read no claim except `exp`.",
  })
  accessToken!: string;

  @Field(() => String, { nullable: true, description: "Valid for one call of `refreshToken`. Null in cookie mode." })
  refreshToken!: string | null;

  @Field(() => String, { description: "Always `Bearer` (RFC 6750)." })
  tokenType!: string;

  @Field(() => Int, { description: "Seconds until the access token expires." })
  expiresIn!: number;

  @Field(() => DateTime, { description: "When the refresh token and the session expire." })
  refreshExpiresAt!: Date;
}

@ObjectType({ description: "The new pair of tokens. The presented refresh token is rotated." })
export class RefreshTokenPayload {
  @Field(() => AuthTokens, { description: "The new tokens." })
  tokens!: AuthTokens;
}

@InputType({ description: "The refresh token to exchange." })
export class RefreshTokenInput {
  @Field(() => String, { nullable: true, description: "The last refresh token received. Omit it in cookie mode." })
  refreshToken?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "The client's LoginSuccess.deviceToken (browsers send it as a cookie). With it, a client that did not receive " +
      "the response to a refresh gets the same pair again within a day; without it, only within ten seconds.",
  })
  deviceToken?: string | null;

  @Field(() => ID, {
    nullable: true,
    description: "The tenant of the new access token; usually that of the previous one. Null: the home tenant.",
  })
  tenantId?: string | null;
}

@InputType({ description: "The tenant and the service of the access token." })
export class IssueAccessTokenInput {
  @Field(() => ID, { description: "A tenant in which the caller has an active membership." })
  tenantId!: string;

  @Field(() => String, {
    nullable: true,
    description: "The service of the token, one of the setting AUDIENCES. Null: this API.",
  })
  audience?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The session's current refresh token; it is verified but not rotated. Omit it in cookie mode.",
  })
  refreshToken?: string | null;
}

@ObjectType({ description: "An access token for one tenant. The session's other tokens do not change." })
export class IssueAccessTokenPayload {
  @Field(() => String, { description: "Send it as `Authorization: Bearer …`. It is never elevated." })
  accessToken!: string;

  @Field(() => String, { description: "Always `Bearer` (RFC 6750)." })
  tokenType!: string;

  @Field(() => Int, { description: "Seconds until it expires, together with the caller's own access token." })
  expiresIn!: number;

  @Field(() => ID, { description: "The tenant of the token." })
  tenantId!: string;
}

@InputType({ description: "The session to log out, if not the one of the access token." })
export class LogoutInput {
  @Field(() => String, {
    nullable: true,
    description: "A refresh token of the session; with it, no access token is needed. Omit it in cookie mode.",
  })
  refreshToken?: string | null;
}

@ObjectType({ description: "The session has ended." })
export class LogoutPayload {
  // Not the session itself, because any refresh token suffices for logout, even that of an enrolment-only session.
  @Field(() => ID, {
    nullable: true,
    description: "The id of the session that ended; null if it had already ended.",
  })
  endedSessionId!: SessionId | null;
}

@InputType({ description: "The user to log out, if not the one of the access token." })
export class LogoutAllInput extends LogoutInput {}

@ObjectType({ description: "All sessions of the caller have ended." })
export class LogoutAllPayload {
  @Field(() => [ID], { description: "The ids of the ended sessions." })
  endedSessionIds!: readonly SessionId[];
}

@InputType({ description: "The session to end." })
export class DeleteSessionInput {
  @Field(() => ID, { description: "A live session of the caller or, for admins, of a user of their tenant." })
  sessionId!: string;
}

@ObjectType({ description: "The result of ending one session." })
export class DeleteSessionPayload {
  @Field(() => SessionType, { description: "The ended session." })
  session!: Session;
}

@ObjectType({ description: "The claims of an access token." })
export class TokenClaims {
  @Field(() => ID, { description: "The user (`sub`)." })
  userId!: string;

  @Field(() => ID, { description: "The session (`sid`)." })
  sessionId!: string;

  @Field(() => ID, { description: "The tenant (`tid`)." })
  tenantId!: string;

  @Field(() => EmailAddress, { description: "The user's address when the token was issued." })
  email!: string;

  @Field(() => String, { nullable: true, description: "The username when the token was issued." })
  username!: string | null;

  @Field(() => String, { description: "The highest of OPERATOR, ADMIN and MEMBER that the user has." })
  role!: string;

  @Field(() => [String], { description: "The names of the user's roles in the tenant." })
  roles!: readonly string[];

  @Field(() => [String], { description: "The permissions of these roles (`scope`), as `resource:action`." })
  permissions!: readonly string[];

  @Field(() => DateTime, { description: "When the token was issued (`iat`)." })
  issuedAt!: Date;

  @Field(() => DateTime, { description: "When the token expires (`exp`)." })
  expiresAt!: Date;
}

@InputType({ description: "The token to check." })
export class ValidateTokenInput {
  @Field(() => String, { description: "An access token." })
  token!: string;
}

@ObjectType({ description: "The current validity of a token (in the manner of RFC 7662)." })
export class ValidateTokenPayload {
  @Field(() => Boolean, { description: "Whether the token may be accepted." })
  valid!: boolean;

  @Field(() => TokenInvalidReasonEnum, { nullable: true, description: "Why it is invalid; null for a valid token." })
  reason!: TokenInvalidReason | null;

  @Field(() => TokenClaims, { nullable: true, description: "The claims; null for an invalid token." })
  claims!: TokenClaims | null;
}
