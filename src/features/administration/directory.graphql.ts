import { Field, ID, InputType } from "type-graphql";
import { type UserStatus, UserStatusEnum, UserType } from "#features/users/index";
import { describedEnum } from "#platform/schema/common.graphql";
import { connectionOf, DateTimeRange, OrderDirectionEnum } from "#platform/schema/connection";
import { IPAddress } from "#platform/schema/scalars";
import type { OrderDirection } from "#shared/ordered-paging";
import { RISK_DAYS, type UserFactor, type UserOrderField, type UserRisk } from "./user-list.policy.ts";

export const UserConnection = connectionOf(UserType, "User");

const UserFactorEnum = describedEnum<UserFactor>("UserFactor", "The second factors that users can be filtered by.", {
  TOTP: "An authenticator app that is confirmed.",
  PASSKEY: "At least one passkey.",
  NONE: "Neither an authenticator app nor a passkey.",
});

const UserRiskEnum = describedEnum<UserRisk>(
  "UserRisk",
  "The minimum risk of login attempts that users can be filtered by.",
  {
    ELEVATED: "An attempt with the level ELEVATED or HIGH.",
    HIGH: "An attempt with the level HIGH.",
  },
);

const UserOrderFieldEnum = describedEnum<UserOrderField>(
  "UserOrderField",
  "The field that a list of users is ordered by.",
  {
    CREATED_AT: "When the user was created.",
    LAST_LOGIN_AT:
      "The last successful login; users who never logged in count as the earliest. Slow in tenants of 100,000 users and more.",
    EMAIL: "The e-mail address in lower case, by character codes.",
    USERNAME: "The username in lower case, by character codes; users without one count as the lowest.",
  },
);

@InputType({ description: "The users to list: those that match all given fields." })
export class UserFilter {
  @Field(() => String, {
    nullable: true,
    description:
      "A part of the e-mail address, the username or the name, case-insensitive. A text without three consecutive letters or digits matches only at the beginning.",
  })
  search?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "Only users with an e-mail address of exactly this domain (`example.com`); subdomains do not match.",
  })
  emailDomain?: string | null;

  @Field(() => ID, {
    nullable: true,
    description: "Only users with this role. Admins name a role of their tenant; any other role finds no users.",
  })
  roleId?: string | null;

  @Field(() => UserFactorEnum, { nullable: true, description: "Only users with this second factor, or without any." })
  factor?: UserFactor | null;

  @Field(() => UserRiskEnum, {
    nullable: true,
    description: `Only users with a login attempt of at least this risk in the last ${RISK_DAYS} days. Also requires the permission \`audit:read\`.`,
  })
  risk?: UserRisk | null;

  @Field(() => UserStatusEnum, { nullable: true, description: "Only users with this status." })
  status?: UserStatus | null;

  @Field(() => Boolean, {
    nullable: true,
    description: "True: only operators. False: only users who are not operators. If absent, both.",
  })
  isOperator?: boolean | null;

  @Field(() => DateTimeRange, { nullable: true, description: "Only users created in this period." })
  createdAt?: DateTimeRange | null;

  @Field(() => DateTimeRange, {
    nullable: true,
    description:
      "Only users whose last login was in this period. A period with `from` or `to` excludes users who never logged in.",
  })
  lastLoginAt?: DateTimeRange | null;
}

@InputType("UserOrder", {
  description: "The order of a list of users. Users who are equal in the field are ordered by id.",
})
export class UserOrderInput {
  @Field(() => UserOrderFieldEnum, { description: "The field to order by." })
  field!: UserOrderField;

  @Field(() => OrderDirectionEnum, { defaultValue: "DESC", description: "The sort direction." })
  direction!: OrderDirection;
}

@InputType({ description: "The sessions to list: those that match all given fields." })
export class SessionFilter {
  @Field(() => ID, { nullable: true, description: "Only sessions of this user." })
  userId?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: "True: only live sessions. False: only ended and expired sessions. If absent, both.",
  })
  active?: boolean | null;

  @Field(() => IPAddress, { nullable: true, description: "Only sessions opened from this IP address." })
  ipAddress?: string | null;

  @Field(() => DateTimeRange, { nullable: true, description: "Only sessions opened in this period." })
  createdAt?: DateTimeRange | null;
}
