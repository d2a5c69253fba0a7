import { Field, ID, InputType, ObjectType } from "type-graphql";
import { MAX_SESSIONS, type Session, SessionType } from "#features/sessions/index";
import { UserPayload } from "#features/users/index";
import { AtMost } from "#platform/schema/bounds";
import { Locale } from "#platform/schema/scalars";
import type { UserId } from "#shared/ids";

@InputType({ description: "The changes to a user's profile. Absent fields are left unchanged." })
export class UpdateUserInput {
  @Field(() => ID, { description: "The user to change; not the caller." })
  userId!: string;

  @Field(() => String, { nullable: true, description: "At most 200 characters; null or empty removes the name." })
  name?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "A new username for logging in: 3 to 32 letters, digits, or any of _ . - Null leaves it unchanged.",
  })
  username?: string | null;

  @Field(() => Locale, { nullable: true, description: "The language of mails and pages. Null leaves it unchanged." })
  locale?: string | null;
}

@ObjectType({ description: "The user with the new profile." })
export class UpdateUserPayload extends UserPayload {}

@InputType({ description: "The user to delete." })
export class DeleteUserInput {
  @Field(() => ID, { description: "The user to delete; not the caller." })
  userId!: string;
}

@ObjectType({ description: "The user is deleted, with all their sessions." })
export class DeleteUserPayload {
  @Field(() => ID, { description: "The deleted user." })
  deletedUserId!: UserId;
}

@InputType({ description: "The user to suspend." })
export class SuspendUserInput {
  @Field(() => ID, { description: "The user to suspend; not the caller." })
  userId!: string;

  @Field(() => String, {
    nullable: true,
    description: "The reason, for the user's security history; at most 500 characters.",
  })
  reason?: string | null;
}

@ObjectType({ description: "The suspended user." })
export class SuspendUserPayload extends UserPayload {}

@InputType({ description: "The user to reactivate." })
export class ReactivateUserInput {
  @Field(() => ID, { description: "A suspended user." })
  userId!: string;
}

@ObjectType({ description: "The user, ACTIVE again." })
export class ReactivateUserPayload extends UserPayload {}

@InputType({ description: "The user whose sessions will end." })
export class RevokeUserSessionsInput {
  @Field(() => ID, { description: "The user whose sessions will end." })
  userId!: string;
}

@ObjectType({ description: "The user, and the sessions that ended." })
export class RevokeUserSessionsPayload extends UserPayload {
  @AtMost(MAX_SESSIONS)
  @Field(() => [SessionType], { description: "The sessions that ended, in no particular order; at most 100 of them." })
  endedSessions!: readonly Session[];
}

@InputType({ description: "The user who must reset the password." })
export class RequirePasswordResetInput {
  @Field(() => ID, { description: "The user who must reset the password." })
  userId!: string;
}

@ObjectType({ description: "The user, with `passwordResetRequired` set." })
export class RequirePasswordResetPayload extends UserPayload {}
