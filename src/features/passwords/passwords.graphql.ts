import { Field, ID, InputType, ObjectType } from "type-graphql";
import { MAX_SESSIONS, type Session, SessionType } from "#features/sessions/index";
import { type LogoutScope, LogoutScopeEnum } from "#features/tenants/index";
import { UserPayload } from "#features/users/index";
import { AtMost } from "#platform/schema/bounds";
import { DateTime, EmailAddress } from "#platform/schema/scalars";
import type { SessionId } from "#shared/ids";

@InputType({ description: "A change of the caller's password." })
export class ChangePasswordInput {
  @Field(() => String, {
    nullable: true,
    description:
      "Required if a password is set. If no password is set, the access token must be elevated (reauthenticate).",
  })
  currentPassword?: string | null;

  @Field(() => String, {
    description: "8 to 128 characters of any kind; not a common one, not the user's address or name.",
  })
  newPassword!: string;

  @Field(() => LogoutScopeEnum, {
    nullable: true,
    description:
      "Which sessions end. Null or absent means ALL, including the caller's session: log in again. The tenant's policy is the minimum.",
  })
  logout?: LogoutScope | null;
}

@ObjectType({ description: "The password was changed." })
export class ChangePasswordPayload extends UserPayload {
  @AtMost(MAX_SESSIONS)
  @Field(() => [SessionType], {
    description: "The sessions that were ended, at most 100 of them; with ALL they include the caller's session.",
  })
  endedSessions!: readonly Session[];
}

@InputType({ description: "The address of an account whose password was forgotten." })
export class RequestPasswordResetInput {
  @Field(() => EmailAddress, { description: "The address of the account." })
  email!: string;

  @Field(() => String, {
    nullable: true,
    description: "LoginSuccess.deviceToken of an earlier login, if it is not in a cookie.",
  })
  deviceToken?: string | null;
}

@ObjectType({ description: "The same result whether or not a user has the address." })
export class RequestPasswordResetPayload {
  @Field(() => Boolean, { description: "Always true. A link was mailed if the address belongs to an active user." })
  accepted!: boolean;
}

@InputType({ description: "A link from a mail." })
export class CheckPasswordResetTokenInput {
  @Field(() => String, { description: "The `token` in the link's address." })
  token!: string;
}

@ObjectType({ description: "Whether a link can still be used." })
export class CheckPasswordResetTokenPayload {
  @Field(() => Boolean, { description: "False for unknown, used, replaced and expired links alike." })
  valid!: boolean;

  @Field(() => DateTime, { nullable: true, description: "Until when the link is valid; null if it is not valid." })
  expiresAt!: Date | null;
}

@InputType({ description: "A new password and the token of a mailed link." })
export class ResetPasswordInput {
  @Field(() => String, { description: "The `token` in the link's address." })
  token!: string;

  @Field(() => String, {
    description: "8 to 128 characters of any kind; not a common one, not the user's address or name.",
  })
  newPassword!: string;
}

@ObjectType({ description: "The password was reset and every session was ended." })
export class ResetPasswordPayload {
  @Field(() => [ID], { description: "The ids of the sessions that were ended." })
  endedSessionIds!: readonly SessionId[];
}
