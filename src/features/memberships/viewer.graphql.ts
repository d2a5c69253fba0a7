import { Field, ObjectType } from "type-graphql";
import { DateTime } from "#platform/schema/scalars";

@ObjectType("Permission", { description: "A permission that roles can contain." })
export class PermissionType {
  @Field(() => String, { description: "`resource:action`, as in `Role.permissions`." })
  name!: string;

  @Field(() => String, {
    nullable: true,
    description:
      "What it allows, in English. Null for a permission of another service, which only that service checks.",
  })
  description!: string | null;

  @Field(() => Boolean, {
    description: "Whether this API checks it. False for permissions of other services (setting PERMISSIONS).",
  })
  isBuiltIn!: boolean;
}

@ObjectType("Viewer", { description: "The caller of this operation, and what the access token allows." })
export class ViewerType {
  @Field(() => [String], {
    description: "The names of the caller's roles in the tenant of the access token, as in its claim `roles`.",
  })
  roles!: readonly string[];

  @Field(() => [String], {
    description:
      "The permissions that the caller holds in the tenant of the access token. For operators, also all permissions of this API and " +
      "`installation:operate`. Use it to show only what the caller may do; a call can still be refused because of its target.",
  })
  permissions!: readonly string[];

  @Field(() => Boolean, {
    description: "Whether the caller administers the installation, and so may act in every tenant.",
  })
  isOperator!: boolean;

  @Field(() => DateTime, {
    nullable: true,
    description:
      "Until when fields with `@reauth` accept the access token. Null, or in the past, if it is not elevated: call `reauthenticate`.",
  })
  elevatedUntil!: Date | null;
}
