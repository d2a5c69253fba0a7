import { Field, ID, InputType, Int, ObjectType } from "type-graphql";
import { describedEnum, Location } from "#platform/schema/common.graphql";
import { connectionOf, DateTimeRange } from "#platform/schema/connection";
import { Entity } from "#platform/schema/federation";
import { Node } from "#platform/schema/node";
import { DateTime, EmailAddress, IPAddress } from "#platform/schema/scalars";
import type { DeviceDescription, PlaceName } from "#shared/client";
import type { AuthenticationMethod } from "#shared/factors";
import type { DeviceId, SessionId, UserId } from "#shared/ids";
import type { TokenTransport } from "#shared/token-transports";
import type { SessionEndReason } from "./sessions.policy.ts";
import type { Session } from "./sessions.repository.ts";

export const SessionEndReasonEnum = describedEnum<SessionEndReason>("SessionEndReason", "Why a session ended.", {
  LOGGED_OUT: "The user logged out, here or on all devices.",
  REVOKED: "The user ended it from another session.",
  SESSION_LIMIT: "A newer login took its place: the tenant limits how many sessions a user has.",
  PASSWORD_CHANGED: "The user changed the password.",
  PASSWORD_RESET: "The password was reset by mail, or has to be.",
  LOGIN_DENIED: "The user denied a login by mail, and everything was ended.",
  TOKEN_REUSED: "A spent refresh token came back: somebody else had it.",
  STEP_UP_FAILED: "Ten step-ups in a row failed on it, or passwords given for a change of the account.",
  ADMIN_REVOKED: "An administrator ended it.",
  ACCOUNT_SUSPENDED: "The account was suspended.",
  EXPIRED: "It was not used for too long, or reached its absolute end.",
});

export const AuthenticationMethodEnum = describedEnum<AuthenticationMethod>(
  "AuthenticationMethod",
  "A way to prove who one is, and the field that takes it.",
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
    BODY: "In the answer: the client keeps it.",
    COOKIE:
      "In an HttpOnly, Secure, SameSite=Strict __Host- cookie: scripts never see it. The client sends its requests with `credentials: " +
      '"include"`, from pages on the API\'s own site (localhost with any port is one, 127.0.0.1 is another).',
  },
);

export type TokenInvalidReason = "MALFORMED" | "BAD_SIGNATURE" | "EXPIRED" | "REVOKED";
export const TokenInvalidReasonEnum = describedEnum<TokenInvalidReason>(
  "TokenInvalidReason",
  "Why a token is no good.",
  {
    MALFORMED: "It is not an access token of this API.",
    BAD_SIGNATURE: "None of our keys signed it.",
    EXPIRED: "Its time is over: the client must refresh.",
    REVOKED: "Its session has ended, or its user may no longer what it says.",
  },
);

@Entity()
@ObjectType("Session", { implements: Node, description: "One signed-in device." })
export class SessionType extends Node {
  userId!: UserId;
  deviceId!: DeviceId | null;
  device!: DeviceDescription;

  @Field(() => IPAddress, { description: "The client's address at login, as far as trusted proxies tell it." })
  ipAddress!: string;

  @Field(() => Location, { nullable: true, description: "Where that address is. Null where nobody knows." })
  location!: PlaceName | null;

  @Field(() => [AuthenticationMethodEnum], { description: "What was proved at login." })
  authenticatedWith!: AuthenticationMethod[];

  @Field(() => DateTime, { description: "When the user logged in." })
  createdAt!: Date;

  @Field(() => DateTime, { description: "When the session was last used, to the minute." })
  lastActivityAt!: Date;

  @Field(() => DateTime, { description: "When it ends if it is not refreshed before." })
  expiresAt!: Date;

  @Field(() => DateTime, { nullable: true, description: "When it ended; null while it lives." })
  endedAt!: Date | null;

  @Field(() => SessionEndReasonEnum, { nullable: true, description: "Why it ended; null while it lives." })
  endReason!: SessionEndReason | null;
}

export const SessionConnection = connectionOf(SessionType, "Session");

@InputType({ description: "Which ended sessions to list: those that meet all that is given." })
export class SessionHistoryFilter {
  @Field(() => SessionEndReasonEnum, { nullable: true, description: "That ended for this reason." })
  endReason?: SessionEndReason | null;

  @Field(() => IPAddress, { nullable: true, description: "Opened from this address." })
  ipAddress?: string | null;

  @Field(() => DateTimeRange, { nullable: true, description: "Opened in this period." })
  createdAt?: DateTimeRange | null;

  @Field(() => DateTimeRange, { nullable: true, description: "Ended in this period." })
  endedAt?: DateTimeRange | null;
}

@ObjectType({ description: "What a client needs to call this API, and to go on calling it." })
export class AuthTokens {
  @Field(() => String, {
    description: "Send it as `Authorization: Bearer …`. A JWT, of which clients should not read more than `exp`.",
  })
  accessToken!: string;

  @Field(() => String, { nullable: true, description: "Good for one call of `refreshToken`. Null in cookie mode." })
  refreshToken!: string | null;

  @Field(() => String, { description: "Always `Bearer` (RFC 6750)." })
  tokenType!: string;

  @Field(() => Int, { description: "Seconds until the access token expires." })
  expiresIn!: number;

  @Field(() => DateTime, { description: "When the refresh token expires, and with it the session." })
  refreshExpiresAt!: Date;
}

@ObjectType({ description: "The new pair. The refresh token that was given is spent." })
export class RefreshTokenPayload {
  @Field(() => AuthTokens, { description: "What the client needs from now on." })
  tokens!: AuthTokens;
}

@InputType({ description: "The refresh token to exchange." })
export class RefreshTokenInput {
  @Field(() => String, { nullable: true, description: "The refresh token last received. In cookie mode leave it out." })
  refreshToken?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "The secret this client was given as LoginSuccess.deviceToken (browsers: a cookie does it). With it a client that never " +
      "received the answer to a refresh, and asks again within a day, gets the same pair; without it, only within ten seconds.",
  })
  deviceToken?: string | null;

  @Field(() => ID, {
    nullable: true,
    description: "The tenant that the new access token is for, as the client's last one. Null: the home tenant.",
  })
  tenantId?: string | null;
}

@InputType({ description: "The tenant and the service that the access token is for." })
export class IssueAccessTokenInput {
  @Field(() => ID, { description: "The tenant: the caller has an active membership in it." })
  tenantId!: string;

  @Field(() => String, {
    nullable: true,
    description: "The service that the token is for, one of the setting AUDIENCES. Null: this API.",
  })
  audience?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The session's current refresh token; it is checked and not spent. In cookie mode leave it out.",
  })
  refreshToken?: string | null;
}

@ObjectType({ description: "An access token for one tenant. The session's other tokens do not change." })
export class IssueAccessTokenPayload {
  @Field(() => String, { description: "Send it as `Authorization: Bearer …`. It is never elevated." })
  accessToken!: string;

  @Field(() => String, { description: "Always `Bearer` (RFC 6750)." })
  tokenType!: string;

  @Field(() => Int, { description: "Seconds until it expires: when the caller's own access token does." })
  expiresIn!: number;

  @Field(() => ID, { description: "The tenant that it is for." })
  tenantId!: string;
}

@InputType({ description: "Which session to sign out of, if not the one of the access token." })
export class LogoutInput {
  @Field(() => String, {
    nullable: true,
    description: "A refresh token of the session; no access token is needed then. In cookie mode leave it out.",
  })
  refreshToken?: string | null;
}

@ObjectType({ description: "The session is over." })
export class LogoutPayload {
  // Not the session itself: a refresh token is enough to log out, also one of a session for enrolment alone.
  @Field(() => ID, {
    nullable: true,
    description: "The id of the session that ended; null if it had ended already.",
  })
  endedSessionId!: SessionId | null;
}

@InputType({ description: "Whose sessions end, if the access token does not say it." })
export class LogoutAllInput extends LogoutInput {}

@ObjectType({ description: "All sessions of the caller are over." })
export class LogoutAllPayload {
  @Field(() => [ID], { description: "The ids of the sessions that ended." })
  endedSessionIds!: readonly SessionId[];
}

@InputType({ description: "The session to end." })
export class DeleteSessionInput {
  @Field(() => ID, { description: "A live session of the caller, or for admins of a user of their tenant." })
  sessionId!: string;
}

@ObjectType({ description: "The result of ending one session." })
export class DeleteSessionPayload {
  @Field(() => SessionType, { description: "The session as it ended." })
  session!: Session;
}

@ObjectType({ description: "What an access token says." })
export class TokenClaims {
  @Field(() => ID, { description: "Whose token it is (`sub`)." })
  userId!: string;

  @Field(() => ID, { description: "The session it belongs to (`sid`)." })
  sessionId!: string;

  @Field(() => ID, { description: "The tenant that the token is for (`tid`)." })
  tenantId!: string;

  @Field(() => EmailAddress, { description: "The user's address when the token was issued." })
  email!: string;

  @Field(() => String, { nullable: true, description: "The username when the token was issued." })
  username!: string | null;

  @Field(() => String, { description: "OPERATOR, ADMIN or MEMBER: the first that the user is." })
  role!: string;

  @Field(() => [String], { description: "The names of the user's roles in the tenant." })
  roles!: readonly string[];

  @Field(() => [String], { description: "What these roles allow (`scope`), as `resource:action`." })
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

@ObjectType({ description: "What a token is worth right now (in the manner of RFC 7662)." })
export class ValidateTokenPayload {
  @Field(() => Boolean, { description: "Whether the token may be accepted." })
  valid!: boolean;

  @Field(() => TokenInvalidReasonEnum, { nullable: true, description: "Why not; null for a valid token." })
  reason!: TokenInvalidReason | null;

  @Field(() => TokenClaims, { nullable: true, description: "What it says; null for an invalid token." })
  claims!: TokenClaims | null;
}
