import { Field, ID, InputType } from "type-graphql";
import { type UserStatus, UserStatusEnum, UserType } from "#features/users/index";
import { connectionOf, DateTimeRange } from "#platform/schema/connection";
import { IPAddress } from "#platform/schema/scalars";

export const UserConnection = connectionOf(UserType, "User");

@InputType({ description: "Which users to list: those that meet all that is given." })
export class UserFilter {
  @Field(() => String, {
    nullable: true,
    description: "The beginning of the e-mail address, the username or the name, in upper or lower case.",
  })
  search?: string | null;

  @Field(() => UserStatusEnum, { nullable: true, description: "With this status." })
  status?: UserStatus | null;

  @Field(() => Boolean, { nullable: true, description: "True: only operators. False: only others. Absent: both." })
  isOperator?: boolean | null;

  @Field(() => DateTimeRange, { nullable: true, description: "Created in this period." })
  createdAt?: DateTimeRange | null;
}

@InputType({ description: "Which sessions to list: those that meet all that is given." })
export class SessionFilter {
  @Field(() => ID, { nullable: true, description: "Of this user." })
  userId?: string | null;

  @Field(() => Boolean, { nullable: true, description: "True: live ones only. False: ended and expired ones only." })
  active?: boolean | null;

  @Field(() => IPAddress, { nullable: true, description: "Opened from this address." })
  ipAddress?: string | null;

  @Field(() => DateTimeRange, { nullable: true, description: "Opened in this period." })
  createdAt?: DateTimeRange | null;
}
