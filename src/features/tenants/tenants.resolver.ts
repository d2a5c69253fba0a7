import { Arg, Args, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from "type-graphql";
import { Reauth, RequiresOperator, RequiresPermission } from "#platform/schema/access";
import { type Connection, PageArgs, toConnection } from "#platform/schema/connection";
import type { SignedIn } from "#platform/schema/context";
import { Fails } from "#platform/schema/errors";
import type { SecurityPolicyService } from "./security-policy.service.ts";
import {
  SecurityPolicyType,
  TenantConnection,
  TenantFilter,
  TenantType,
  UpdateSecurityPolicyInput,
  UpdateSecurityPolicyPayload,
} from "./tenants.graphql.ts";
import { policyOf } from "./tenants.policy.ts";
import type { Tenant, TenantsService } from "./tenants.service.ts";

@Resolver(() => TenantType)
export class TenantsResolver {
  constructor(private readonly deps: { tenants: TenantsService; securityPolicy: SecurityPolicyService }) {}

  @Query(() => TenantType, {
    description: "The tenant of the access token (`tid`), which may differ from the user's home.",
  })
  tenant(@Ctx() { viewer }: SignedIn): Promise<Tenant> {
    return this.deps.tenants.get(viewer.tenantId);
  }

  @RequiresOperator()
  @Query(() => TenantConnection, { description: "Every tenant of the installation, newest first." })
  async tenants(
    @Arg("filter", () => TenantFilter, { defaultValue: {}, description: "The tenants to list. If absent, all." })
    filter: TenantFilter,
    @Args(() => PageArgs) page: PageArgs,
  ): Promise<Connection<Tenant>> {
    return toConnection(await this.deps.tenants.list(filter, page));
  }

  @RequiresPermission("policy:edit")
  @Reauth()
  @Fails("NOT_FOUND")
  @Mutation(() => UpdateSecurityPolicyPayload, {
    description:
      "Changes the security policy of the caller's tenant, effective from the next registration, login and password change on. Operators " +
      "may change that of any tenant.",
  })
  async updateSecurityPolicy(
    @Arg("input", () => UpdateSecurityPolicyInput, { description: "The changes." })
    { tenantId, ...update }: UpdateSecurityPolicyInput,
    @Ctx() actor: SignedIn,
  ): Promise<UpdateSecurityPolicyPayload> {
    return { tenant: await this.deps.securityPolicy.update(actor, update, tenantId) };
  }

  @FieldResolver(() => SecurityPolicyType, { description: "The tenant's security policy." })
  policy(@Root() tenant: Tenant): SecurityPolicyType {
    return policyOf(tenant);
  }
}
