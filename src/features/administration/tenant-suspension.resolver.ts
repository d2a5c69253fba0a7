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
      "Shuts a tenant out: nobody of it can log in, and its people's tokens stop working at once. What has not expired works again " +
      "after reactivateTenant. Refused for the caller's tenant, and if no operator could log in any more.",
  })
  async suspendTenant(
    @Arg("input", () => SuspendTenantInput, { description: "Which tenant." }) { tenantId }: SuspendTenantInput,
    @Ctx() actor: SignedIn,
  ): Promise<SuspendTenantPayload> {
    return { tenant: await this.deps.tenantSuspension.suspend(actor, tenantId) };
  }

  @RequiresOperator()
  @Fails("NOT_FOUND")
  @Mutation(() => ReactivateTenantPayload, { description: "Lets a suspended tenant in again; an active one stays it." })
  async reactivateTenant(
    @Arg("input", () => ReactivateTenantInput, { description: "Which tenant." }) { tenantId }: ReactivateTenantInput,
    @Ctx() actor: SignedIn,
  ): Promise<ReactivateTenantPayload> {
    return { tenant: await this.deps.tenantSuspension.reactivate(actor, tenantId) };
  }
}
