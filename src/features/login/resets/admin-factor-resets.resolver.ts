import { Arg, Args, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from "type-graphql";
import { type User, type UsersService, UserType } from "#features/users/index";
import { RateLimit, Reauth, RequiresPermission } from "#platform/schema/access";
import { type Connection, PageArgs, toConnection } from "#platform/schema/connection";
import type { SignedIn } from "#platform/schema/context";
import { Fails } from "#platform/schema/errors";
import { canView } from "#shared/access-policy";
import type { UserId } from "#shared/ids";
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

/** Lets admins reset the lost second factors of their users. */
@Resolver(() => FactorResetType)
export class AdminFactorResetsResolver {
  constructor(private readonly deps: { adminFactorResets: AdminFactorResets; users: UsersService }) {}

  @RequiresPermission("factors:reset")
  @Query(() => FactorResetConnection, {
    description: "Resets of second factors in the tenant, newest first. Operators see those of all tenants.",
  })
  async factorResets(
    @Arg("filter", () => FactorResetFilter, { defaultValue: {}, description: "The filter. If absent, all resets." })
    filter: FactorResetFilter,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { viewer }: SignedIn,
  ): Promise<Connection<FactorReset>> {
    return toConnection(await this.deps.adminFactorResets.list(viewer, filter, page));
  }

  @RequiresPermission("factors:reset")
  @Reauth()
  @RateLimit({ limit: 20, window: 3600, per: ["USER"] })
  @Fails("BAD_REQUEST", "CONFLICT", "FORBIDDEN/OTHER_MEMBERSHIPS", "NOT_FOUND")
  @Mutation(() => ResetSecondFactorsPayload, {
    description:
      "For a user who has lost all second factors and backup codes: resets them once a second admin approves (approveFactorReset), or after 24 " +
      "hours. The user is notified and can stop it; those who may approve are notified, too. Then all sessions are ended, and the next login needs a mailed code and " +
      "a new factor. Calling it again changes nothing. Only operators can reset the factors of an operator or of a tenant's only admin. " +
      "Rejected for the caller, and for a user who is not active.",
  })
  async resetSecondFactors(
    @Arg("input", () => ResetSecondFactorsInput, { description: "The user." }) { userId }: ResetSecondFactorsInput,
    @Ctx() actor: SignedIn,
  ): Promise<ResetSecondFactorsPayload> {
    return { factorReset: await this.deps.adminFactorResets.request(actor, userId) };
  }

  @RequiresPermission("factors:reset")
  @Reauth()
  @Fails("CONFLICT", "FORBIDDEN/APPROVER_NOT_INDEPENDENT", "FORBIDDEN/OTHER_MEMBERSHIPS", "NOT_FOUND")
  @Mutation(() => ApproveFactorResetPayload, {
    description:
      "Carries out immediately what another admin requested with resetSecondFactors. The caller must have " +
      "been an admin (for operators' requests: an operator) for 7 days, and neither of the two may have received membership or a role from the other, directly or through others. " +
      "Admins cannot approve their own requests, or resets of their own factors. Rejected if the reset is over, was requested by its user, or if the admin " +
      "who requested it is no longer an admin.",
  })
  async approveFactorReset(
    @Arg("input", () => ApproveFactorResetInput, { description: "The reset." })
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
    return user && canView(viewer, { userId: user.id, tenantId: user.tenantId }, "users:read") ? user : null;
  }
}
