import { Ctx, FieldResolver, Query, Resolver, Root } from "type-graphql";
import type { SignedIn } from "../../platform/schema/context.ts";
import { SecurityPolicyType, TenantType } from "./tenants.graphql.ts";
import type { Tenant, TenantsService } from "./tenants.service.ts";

@Resolver(() => TenantType)
export class TenantsResolver {
  readonly #tenants: TenantsService;

  constructor({ tenants }: { tenants: TenantsService }) {
    this.#tenants = tenants;
  }

  @Query(() => TenantType, { description: "The tenant of the signed-in user." })
  tenant(@Ctx() { viewer }: SignedIn): Promise<Tenant> {
    return this.#tenants.get(viewer.tenantId);
  }

  @FieldResolver(() => SecurityPolicyType, { description: "How strict the tenant is with its users." })
  policy(@Root() tenant: Tenant): SecurityPolicyType {
    return tenant;
  }
}
