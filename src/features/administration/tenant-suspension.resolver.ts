import { Arg, Ctx, ID, Mutation, Resolver } from "type-graphql";
import { RequiresRole } from "../../platform/schema/access.ts";
import type { SignedIn } from "../../platform/schema/context.ts";
import { type Tenant, TenantType } from "../tenants/index.ts";
import type { TenantSuspensionService } from "./tenant-suspension.service.ts";

@Resolver()
export class TenantSuspensionResolver {
  readonly #suspension: TenantSuspensionService;

  constructor({ tenantSuspension }: { tenantSuspension: TenantSuspensionService }) {
    this.#suspension = tenantSuspension;
  }

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
    return this.#suspension.suspend(actor, id);
  }

  @RequiresRole("OPERATOR")
  @Mutation(() => TenantType, { description: "Lets a suspended tenant in again; an active one stays it." })
  reactivateTenant(
    @Arg("id", () => ID, { description: "Which tenant." }) id: string,
    @Ctx() actor: SignedIn,
  ): Promise<Tenant> {
    return this.#suspension.reactivate(actor, id);
  }
}
