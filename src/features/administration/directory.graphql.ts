import { Field, ID, InputType } from "type-graphql";
import { type UserStatus, UserStatusEnum, UserType } from "#features/users/index";
import { describedEnum } from "#platform/schema/common.graphql";
import { connectionOf, DateTimeRange, OrderDirectionEnum } from "#platform/schema/connection";
import { IPAddress } from "#platform/schema/scalars";
import type { OrderDirection } from "#shared/ordered-paging";
import { RISK_DAYS, type UserFactor, type UserOrderField, type UserRisk } from "./user-list.policy.ts";

export const UserConnection = connectionOf(UserType, "User");

const UserFactorEnum = describedEnum<UserFactor>("UserFactor", "The second factors that users are filtered by.", {
  TOTP: "An authenticator app that is confirmed.",
  PASSKEY: "At least one passkey.",
  NONE: "Neither an authenticator app nor a passkey.",
});

const UserRiskEnum = describedEnum<UserRisk>(
  "UserRisk",
  "The least risk of login attempts that users are filtered by.",
  {
    ELEVATED: "An attempt with the level ELEVATED or HIGH.",
    HIGH: "An attempt with the level HIGH.",
  },
);

const UserOrderFieldEnum = describedEnum<UserOrderField>("UserOrderField", "What a list of users is ordered by.", {
  CREATED_AT: "When the user was created.",
  LAST_LOGIN_AT:
    "The last successful login; users who never logged in count as the earliest. Slow in tenants of 100,000 users and more.",
  EMAIL: "The e-mail address in lower case, by character codes.",
  USERNAME: "The username in lower case, by character codes; users without one count as the lowest.",
});

@InputType({ description: "Which users to list: those that meet all that is given." })
export class UserFilter {
  @Field(() => String, {
    nullable: true,
    description:
      "A part of the e-mail address, the username or the name, in upper or lower case. A text without three letters or digits in a row is only found at the beginning.",
  })
  search?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "With an address of exactly this domain (`example.com`); its subdomains are other domains.",
  })
  emailDomain?: string | null;

  @Field(() => ID, {
    nullable: true,
    description: "With this role. For admins a role of their tenant; any other role finds no users.",
  })
  roleId?: string | null;

  @Field(() => UserFactorEnum, { nullable: true, description: "With this second factor, or without one." })
  factor?: UserFactor | null;

  @Field(() => UserRiskEnum, {
    nullable: true,
    description: `With a login attempt of at least this risk in the last ${RISK_DAYS} days. It takes the permission \`audit:read\`, too.`,
  })
  risk?: UserRisk | null;

  @Field(() => UserStatusEnum, { nullable: true, description: "With this status." })
  status?: UserStatus | null;

  @Field(() => Boolean, { nullable: true, description: "True: only operators. False: only others. Absent: both." })
  isOperator?: boolean | null;

  @Field(() => DateTimeRange, { nullable: true, description: "Created in this period." })
  createdAt?: DateTimeRange | null;

  @Field(() => DateTimeRange, {
    nullable: true,
    description:
      "Whose last login was in this period. A period with `from` or `to` excludes users who never logged in.",
  })
  lastLoginAt?: DateTimeRange | null;
}

@InputType("UserOrder", {
  description: "The order of a list of users. Users who are equal in the field are ordered by id.",
})
export class UserOrderInput {
  @Field(() => UserOrderFieldEnum, { description: "What to order by." })
  field!: UserOrderField;

  @Field(() => OrderDirectionEnum, { defaultValue: "DESC", description: "Which end comes first." })
  direction!: OrderDirection;
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
