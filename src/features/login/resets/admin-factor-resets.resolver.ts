import { Arg, Args, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from "type-graphql";
import { type User, type UsersService, UserType } from "#features/users/index";
import { RateLimit, Reauth, RequiresPermission } from "#platform/schema/access";
import { type Connection, PageArgs, toConnection } from "#platform/schema/connection";
import type { SignedIn } from "#platform/schema/context";
import type { UserId } from "#shared/ids";
import { maySee } from "#shared/visibility";
import type { AdminFactorResets, FactorReset } from "./admin-factor-resets.service.ts";
import {
  ApproveFactorResetInput,
  ApproveFactorResetPayload,
  FactorResetConnection,
  FactorResetFilter,
  FactorResetType,
  ResetSecondFactorsInput,
  ResetSecondFactorsPayload,
} from "./factor-resets.graphql.ts";

/** How admins reset the lost second factors of their users. */
@Resolver(() => FactorResetType)
export class AdminFactorResetsResolver {
  constructor(private readonly deps: { adminFactorResets: AdminFactorResets; users: UsersService }) {}

  @RequiresPermission("factors:reset")
  @Query(() => FactorResetConnection, {
    description: "Resets of second factors in the tenant, newest first; operators see every tenant's.",
  })
  async factorResets(
    @Arg("filter", () => FactorResetFilter, { defaultValue: {}, description: "Which ones; absent: all." })
    filter: FactorResetFilter,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { viewer }: SignedIn,
  ): Promise<Connection<FactorReset>> {
    return toConnection(await this.deps.adminFactorResets.list(viewer, filter, page));
  }

  @RequiresPermission("factors:reset")
  @Reauth()
  @RateLimit({ limit: 20, window: 3600, per: ["USER"] })
  @Mutation(() => ResetSecondFactorsPayload, {
    description:
      "For a user who has lost all second factors and backup codes: resets them once a second admin approves (approveFactorReset), or after 24 " +
      "hours. The user is told and can stop it; so are those who may approve. All sessions end then, and the next login proves a mailed code and " +
      "adds a factor. Calling it again changes nothing. Only operators reset an operator's, or a tenant's only admin's. " +
      "BAD_REQUEST for the caller; FORBIDDEN/MISSING_PERMISSION for an operator's factors; CONFLICT for a user who is not active; NOT_FOUND.",
  })
  async resetSecondFactors(
    @Arg("input", () => ResetSecondFactorsInput, { description: "Whose factors." }) { userId }: ResetSecondFactorsInput,
    @Ctx() actor: SignedIn,
  ): Promise<ResetSecondFactorsPayload> {
    return { factorReset: await this.deps.adminFactorResets.request(actor, userId) };
  }

  @RequiresPermission("factors:reset")
  @Reauth()
  @Mutation(() => ApproveFactorResetPayload, {
    description:
      "Carries out immediately what another admin requested with resetSecondFactors. FORBIDDEN/APPROVER_NOT_INDEPENDENT unless the caller has " +
      "been an admin (for operators' requests: an operator) for 7 days and neither of the two got membership or role from the other, directly or through others; " +
      "also for one's own request, or one's own factors. FORBIDDEN/MISSING_PERMISSION for an operator's factors; CONFLICT if the reset is over, " +
      "waits for its user alone, or the admin who requested it is no longer one; NOT_FOUND.",
  })
  async approveFactorReset(
    @Arg("input", () => ApproveFactorResetInput, { description: "Which reset." })
    { factorResetId }: ApproveFactorResetInput,
    @Ctx() actor: SignedIn,
  ): Promise<ApproveFactorResetPayload> {
    return { factorReset: await this.deps.adminFactorResets.approve(actor, factorResetId) };
  }

  @FieldResolver(() => UserType, {
    nullable: true,
    description: "The user whose factors are reset; null if that user now belongs to another tenant.",
  })
  user(@Root() { userId }: FactorReset, @Ctx() context: SignedIn): Promise<User | null> {
    return this.#visible(userId, context);
  }

  @FieldResolver(() => UserType, {
    nullable: true,
    description:
      "The admin who requested it; null unless `origin` is ADMIN, and if that user is deleted or an operator of another tenant.",
  })
  requestedBy(@Root() { requestedBy }: FactorReset, @Ctx() context: SignedIn): Promise<User | null> {
    return this.#visible(requestedBy, context);
  }

  @FieldResolver(() => UserType, {
    nullable: true,
    description:
      "The admin who approved it; null if it was not approved, or that user is deleted or an operator of another tenant.",
  })
  approvedBy(@Root() { approvedBy }: FactorReset, @Ctx() context: SignedIn): Promise<User | null> {
    return this.#visible(approvedBy, context);
  }

  async #visible(id: UserId | null, { loaders, viewer }: SignedIn): Promise<User | null> {
    const user = id && (await loaders.of(this.deps.users.byIds).load(id));
    return user && maySee(viewer, { userId: user.id, tenantId: user.tenantId }, "users:read") ? user : null;
  }
}
