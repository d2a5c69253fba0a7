import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from "type-graphql";
import { type Tenant, TenantType } from "#features/tenants/index";
import { Reauth, RequiresOperator, RequiresPermission } from "#platform/schema/access";
import type { SignedIn } from "#platform/schema/context";
import { Fails } from "#platform/schema/errors";
import { requirePermissionIn } from "#shared/access-policy";
import {
  AddTenantDomainInput,
  AddTenantDomainPayload,
  RemoveTenantDomainInput,
  RemoveTenantDomainPayload,
  SetHomeTenantInput,
  SetHomeTenantPayload,
} from "./homes.graphql.ts";
import type { HomesService } from "./homes.service.ts";

@Resolver(() => TenantType)
export class HomesResolver {
  constructor(private readonly deps: { readonly homes: HomesService }) {}

  @Reauth()
  @Fails("FORBIDDEN/DOMAIN_OWNED", "FORBIDDEN/FACTORS_RESET_RECENTLY", "NOT_FOUND")
  @Mutation(() => SetHomeTenantPayload, {
    description:
      "Makes another of the caller's tenants their home tenant. Its admins manage the account from then on, and the admins of the previous home tenant no longer do. " +
      "Refused if the previous home tenant owns the domain of the address.",
  })
  async setHomeTenant(
    @Arg("input", () => SetHomeTenantInput, { description: "The new home tenant." }) { tenantId }: SetHomeTenantInput,
    @Ctx() actor: SignedIn,
  ): Promise<SetHomeTenantPayload> {
    return { user: await this.deps.homes.setHome(actor, tenantId) };
  }

  @RequiresOperator()
  @Reauth()
  @Fails("CONFLICT", "NOT_FOUND")
  @Mutation(() => AddTenantDomainPayload, {
    description:
      "Records that a tenant owns an e-mail domain. Its admins manage the accounts of its users with these addresses, even if " +
      "they are members of other tenants, and these users cannot change their home tenant. A domain has one owner.",
  })
  async addTenantDomain(
    @Arg("input", () => AddTenantDomainInput, { description: "The domain." })
    { tenantId, domain }: AddTenantDomainInput,
    @Ctx() { viewer }: SignedIn,
  ): Promise<AddTenantDomainPayload> {
    return { tenant: await this.deps.homes.addDomain(viewer, tenantId, domain) };
  }

  @RequiresOperator()
  @Reauth()
  @Fails("NOT_FOUND")
  @Mutation(() => RemoveTenantDomainPayload, {
    description: "Removes a domain from a tenant.",
  })
  async removeTenantDomain(
    @Arg("input", () => RemoveTenantDomainInput, { description: "The domain." })
    { tenantId, domain }: RemoveTenantDomainInput,
    @Ctx() { viewer }: SignedIn,
  ): Promise<RemoveTenantDomainPayload> {
    return { tenant: await this.deps.homes.removeDomain(viewer, tenantId, domain) };
  }

  @RequiresPermission("members:read")
  @FieldResolver(() => [String], {
    nullable: true,
    description:
      "The e-mail domains that the tenant owns, as recorded by an operator; in ASCII, sorted. Null with an error if the " +
      "caller may not see them.",
  })
  async domains(@Root() { id }: Tenant, @Ctx() { loaders, viewer }: SignedIn): Promise<readonly string[]> {
    requirePermissionIn(viewer, id, "members:read");
    return (await loaders.of(this.deps.homes.domainsByTenants).load(id)) ?? [];
  }
}
