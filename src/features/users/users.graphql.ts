import { Field, ObjectType } from "type-graphql";
import { describedEnum } from "#platform/schema/common.graphql";
import { Entity } from "#platform/schema/federation";
import { Node } from "#platform/schema/node";
import { DateTime, EmailAddress, Locale } from "#platform/schema/scalars";
import type { UserId } from "#shared/ids";
import type { UserStatus } from "./users.policy.ts";
import type { User } from "./users.repository.ts";

export const UserStatusEnum = describedEnum<"ACTIVE" | "SUSPENDED">(
  "UserStatus",
  "The state of a user. Only ACTIVE users can log in. A user is created once the address is verified; before that, see `registrations` and " +
    "`invitations`.",
  {
    ACTIVE: "The user may log in.",
    SUSPENDED: "An admin has suspended the user. An admin can reactivate the user.",
  },
);

@Entity()
@ObjectType("User", {
  implements: Node,
  description: "A person. Visible to that person, to callers with `users:read` in the home tenant, and to operators.",
})
export class UserType implements Node {
  id!: UserId;

  @Field(() => EmailAddress, { description: "The address for mail and login, as entered by the user." })
  email!: string;

  @Field(() => Boolean, {
    description:
      "Whether the address is verified. False only for imported users, who verify it before their first login.",
  })
  emailVerified!: boolean;

  @Field(() => String, { nullable: true, description: "Another name for logging in; null if not set." })
  username!: string | null;

  @Field(() => String, { nullable: true, description: "The person's display name." })
  name!: string | null;

  @Field(() => Locale, { description: "The language of mails and pages." })
  locale!: string;

  @Field(() => UserStatusEnum, { description: "Whether the user may log in." })
  status!: UserStatus;

  @Field(() => Boolean, {
    description: "Whether the user administers the installation. For the user's rights in tenants, see `memberships`.",
  })
  isOperator!: boolean;

  @Field(() => Boolean, { description: "Whether the password must be reset by mail before the next login." })
  passwordResetRequired!: boolean;

  @Field(() => DateTime, { description: "When the user was created." })
  createdAt!: Date;
}

/** For payloads that contain the user changed by a mutation. */
@ObjectType()
export abstract class UserPayload {
  @Field(() => UserType, { description: "The user after the change." })
  user!: User;
}
