import { Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import {
  levelOf,
  SecurityEvent,
  type SecurityEventLevel,
  SecurityEventLevelEnum,
  type SecurityEventRow,
} from "#features/audit/index";
import { type User, type UsersService, UserType } from "#features/users/index";
import type { SignedIn } from "#platform/schema/context";
import { maySee } from "#shared/visibility";

@Resolver(() => SecurityEvent)
export class SecurityEventUserResolver {
  constructor(private readonly deps: { users: UsersService }) {}

  @FieldResolver(() => UserType, {
    nullable: true,
    description:
      "The user it happened to; null if no user is known, or if the user was deleted or moved to another tenant.",
  })
  async user(@Root() { userId }: SecurityEventRow, @Ctx() { loaders, viewer }: SignedIn): Promise<User | null> {
    const user = userId && (await loaders.of(this.deps.users.byIds).load(userId));
    // Who had proved no address yet may have become another tenant's since: what happened here does not lead there.
    return user && maySee(viewer, { userId: user.id, tenantId: user.tenantId }, "users:read") ? user : null;
  }

  @FieldResolver(() => SecurityEventLevelEnum, { description: "How much attention the event deserves." })
  level(@Root() { type }: SecurityEventRow): SecurityEventLevel {
    return levelOf(type);
  }
}
