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
import { canView } from "#shared/access-policy";

@Resolver(() => SecurityEvent)
export class SecurityEventUserResolver {
  constructor(private readonly deps: { users: UsersService }) {}

  @FieldResolver(() => UserType, {
    nullable: true,
    description: "The user concerned; null if unknown, or if the user was deleted or moved to another tenant.",
  })
  async user(@Root() { userId }: SecurityEventRow, @Ctx() { loaders, viewer }: SignedIn): Promise<User | null> {
    const user = userId && (await loaders.of(this.deps.users.byIds).load(userId));
    // A user whose address was unverified may belong to another tenant since; events here must not lead there.
    return user && canView(viewer, { userId: user.id, tenantId: user.tenantId }, "users:read") ? user : null;
  }

  @FieldResolver(() => SecurityEventLevelEnum, { description: "The severity of the event." })
  level(@Root() { type }: SecurityEventRow): SecurityEventLevel {
    return levelOf(type);
  }
}
