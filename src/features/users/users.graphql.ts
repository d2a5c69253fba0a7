import { Field, InputType, ObjectType } from "type-graphql";
import { describedEnum } from "#platform/schema/common.graphql";
import { Entity } from "#platform/schema/federation";
import { Node } from "#platform/schema/node";
import { DateTime, EmailAddress, Locale } from "#platform/schema/scalars";
import type { UserId } from "#shared/ids";
import type { UserStatus } from "./users.policy.ts";
import type { User } from "./users.repository.ts";

export const UserStatusEnum = describedEnum<"ACTIVE" | "SUSPENDED">(
  "UserStatus",
  "The state of a user. Only ACTIVE ones log in. A user exists once the address is verified; before that see `registrations` and " +
    "`invitations`.",
  {
    ACTIVE: "May log in.",
    SUSPENDED: "An admin has suspended the user, until the user is reactivated.",
  },
);

@Entity()
@ObjectType("User", {
  implements: Node,
  description: "A person. Visible to that person, to callers with `users:read` in the home tenant, and to operators.",
})
export class UserType implements Node {
  id!: UserId;

  @Field(() => EmailAddress, { description: "The address for mail and for logging in, as its owner wrote it." })
  email!: string;

  @Field(() => Boolean, {
    description:
      "Whether the owner proved to read mail at this address. False only for imported users, who verify it before their first login.",
  })
  emailVerified!: boolean;

  @Field(() => String, { nullable: true, description: "Another name for logging in; null where none was chosen." })
  username!: string | null;

  @Field(() => String, { nullable: true, description: "The person's name, for showing." })
  name!: string | null;

  @Field(() => Locale, { description: "The language for mail and pages." })
  locale!: string;

  @Field(() => UserStatusEnum, { description: "Whether the user may log in, and if not, why." })
  status!: UserStatus;

  @Field(() => Boolean, {
    description: "Whether the user administers the installation. What the user may do in a tenant: `memberships`.",
  })
  isOperator!: boolean;

  @Field(() => Boolean, { description: "Whether the password must be reset by mail before the next login." })
  passwordResetRequired!: boolean;

  @Field(() => DateTime, { nullable: true, description: "The last successful login; null before the first." })
  lastLoginAt!: Date | null;

  @Field(() => DateTime, { description: "When the user came to be." })
  createdAt!: Date;
}

/** For payloads that contain the user that a mutation changed. */
@ObjectType()
export abstract class UserPayload {
  @Field(() => UserType, { description: "The user after the change." })
  user!: User;
}

@ObjectType({ description: "The caller's user with the new profile." })
export class UpdateProfilePayload extends UserPayload {}

@InputType({ description: "What to change in the caller's profile. Absent fields stay as they are." })
export class UpdateProfileInput {
  @Field(() => String, { nullable: true, description: "At most 200 characters; null or empty takes the name away." })
  name?: string | null;

  @Field(() => Locale, { nullable: true, description: "The language for mail and pages. Null leaves it as it is." })
  locale?: string | null;
}
