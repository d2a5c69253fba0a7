import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import { RequiresOperator } from "#platform/schema/access";
import type { SignedIn } from "#platform/schema/context";
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
  @Mutation(() => SuspendTenantPayload, {
    description:
      "Shuts a tenant out: nobody of it can log in, and its people's tokens stop working at once. What has not expired works again " +
      "after reactivateTenant. CONFLICT for the own tenant.",
  })
  async suspendTenant(
    @Arg("input", () => SuspendTenantInput, { description: "Which tenant." }) { tenantId }: SuspendTenantInput,
    @Ctx() actor: SignedIn,
  ): Promise<SuspendTenantPayload> {
    return { tenant: await this.deps.tenantSuspension.suspend(actor, tenantId) };
  }

  @RequiresOperator()
  @Mutation(() => ReactivateTenantPayload, { description: "Lets a suspended tenant in again; an active one stays it." })
  async reactivateTenant(
    @Arg("input", () => ReactivateTenantInput, { description: "Which tenant." }) { tenantId }: ReactivateTenantInput,
    @Ctx() actor: SignedIn,
  ): Promise<ReactivateTenantPayload> {
    return { tenant: await this.deps.tenantSuspension.reactivate(actor, tenantId) };
  }
}
