import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import { RequiresOperator } from "#platform/schema/access";
import type { SignedIn } from "#platform/schema/context";
import { Fails } from "#platform/schema/errors";
import {
  ReactivateTenantInput,
  ReactivateTenantPayload,
  SuspendTenantInput,
  SuspendTenantPayload,
} from "./tenant-suspension.graphql.ts";
import type { TenantSuspensionService } from "./tenant-suspension.service.ts";

@Resolver()
export class TenantSuspensionResolver {
  constructor(private readonly deps: { tenantSuspension: TenantSuspensionService }) {}

  @RequiresOperator()
  @Fails("CONFLICT", "CONFLICT/LAST_OPERATOR", "NOT_FOUND")
  @Mutation(() => SuspendTenantPayload, {
    description:
      "Suspends a tenant: its users cannot log in, and their tokens stop working immediately. Unexpired sessions and tokens work again " +
      "after reactivateTenant. Refused for the caller's tenant, and if no operator could log in afterwards.",
  })
  async suspendTenant(
    @Arg("input", () => SuspendTenantInput, { description: "The tenant." }) { tenantId }: SuspendTenantInput,
    @Ctx() actor: SignedIn,
  ): Promise<SuspendTenantPayload> {
    return { tenant: await this.deps.tenantSuspension.suspend(actor, tenantId) };
  }

  @RequiresOperator()
  @Fails("NOT_FOUND")
  @Mutation(() => ReactivateTenantPayload, {
    description: "Reactivates a suspended tenant. For an active tenant it is a no-op.",
  })
  async reactivateTenant(
    @Arg("input", () => ReactivateTenantInput, { description: "The tenant." }) { tenantId }: ReactivateTenantInput,
    @Ctx() actor: SignedIn,
  ): Promise<ReactivateTenantPayload> {
    return { tenant: await this.deps.tenantSuspension.reactivate(actor, tenantId) };
  }
}
