import { Arg, Ctx, ID, Mutation, Resolver } from "type-graphql";
import { type Tenant, TenantType } from "#features/tenants/index";
import { RequiresRole } from "#platform/schema/access";
import type { SignedIn } from "#platform/schema/context";
import type { TenantSuspensionService } from "./tenant-suspension.service.ts";

@Resolver()
export class TenantSuspensionResolver {
  constructor(private readonly deps: { tenantSuspension: TenantSuspensionService }) {}

  @RequiresRole("OPERATOR")
  @Mutation(() => TenantType, {
    description:
      "Shuts a tenant out: nobody of it can log in, and its people's tokens stop working at once. What has not expired works again " +
      "after reactivateTenant. CONFLICT for the own tenant.",
  })
  suspendTenant(
    @Arg("id", () => ID, { description: "Which tenant." }) id: string,
    @Ctx() actor: SignedIn,
  ): Promise<Tenant> {
    return this.deps.tenantSuspension.suspend(actor, id);
  }

  @RequiresRole("OPERATOR")
  @Mutation(() => TenantType, { description: "Lets a suspended tenant in again; an active one stays it." })
  reactivateTenant(
    @Arg("id", () => ID, { description: "Which tenant." }) id: string,
    @Ctx() actor: SignedIn,
  ): Promise<Tenant> {
    return this.deps.tenantSuspension.reactivate(actor, id);
  }
}
