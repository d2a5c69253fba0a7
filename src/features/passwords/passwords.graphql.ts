import { Field, InputType, Int, ObjectType } from "type-graphql";
import { type LogoutScope, LogoutScopeEnum } from "#features/tenants/index";
import { DateTime } from "#platform/schema/scalars";

@InputType({ description: "A change of the own password." })
export class ChangePasswordInput {
  @Field(() => String, {
    nullable: true,
    description: "Required if a password is set. Without one the access token must be elevated (reauthenticate).",
  })
  currentPassword?: string | null;

  @Field(() => String, {
    description: "8 to 128 characters of any kind; not a common one, not the own address or name.",
  })
  newPassword!: string;

  @Field(() => LogoutScopeEnum, {
    nullable: true,
    description:
      "Which sessions end. Null or absent means ALL, the caller's own too: log in again. Never less than the tenant's policy demands.",
  })
  logout?: LogoutScope | null;
}

@ObjectType({ description: "The password is changed." })
export class ChangePasswordPayload {
  @Field(() => Int, { description: "How many sessions ended; with ALL the caller's own is among them." })
  endedSessions!: number;
}

@ObjectType({ description: "Whether a link can still be used." })
export class TokenStatus {
  @Field(() => Boolean, { description: "False for unknown, used, replaced and expired links alike." })
  valid!: boolean;

  @Field(() => DateTime, { nullable: true, description: "Until when the link is good; null where it is not." })
  expiresAt!: Date | null;
}

@InputType({ description: "A new password, by the link of a mail." })
export class ResetPasswordInput {
  @Field(() => String, { description: "The `token` in the link's address." })
  token!: string;

  @Field(() => String, {
    description: "8 to 128 characters of any kind; not a common one, not the own address or name.",
  })
  newPassword!: string;
}

@ObjectType({ description: "The password is reset, and every session ended." })
export class ResetPasswordPayload {
  @Field(() => Int, { description: "How many sessions ended." })
  endedSessions!: number;
}
