import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from "type-graphql";
import { type Tenant, TenantType } from "#features/tenants/index";
import { RateLimit, Reauth, RequiresRole } from "#platform/schema/access";
import { AtMost } from "#platform/schema/bounds";
import type { RequestContext, SignedIn } from "#platform/schema/context";
import { maySee } from "#shared/visibility";
import { capabilitiesOf } from "./capabilities.policy.ts";
import { SapConnectionInput, SapConnectionType, TenantCapabilityType } from "./sap.graphql.ts";
import type { SapService } from "./sap.service.ts";

@Resolver(() => TenantType)
export class SapResolver {
  constructor(private readonly deps: { sap: SapService }) {}

  @RequiresRole("ADMIN")
  @Reauth()
  @RateLimit({ limit: 20, window: 3600, per: ["USER"] })
  @Mutation(() => TenantType, {
    description:
      "Connects the own tenant with a SAP system, after a check of ten seconds at most that finds out what it offers. What fails " +
      "it changes nothing: BAD_REQUEST/SAP_ADDRESS_REFUSED, UPSTREAM_FAILED/SAP_UNREACHABLE, UPSTREAM_FAILED/SAP_UNAUTHORIZED.",
  })
  updateSapConnection(
    @Arg("input", () => SapConnectionInput, { description: "Where the system is, and how to log in there." })
    input: SapConnectionInput,
    @Ctx() { viewer, client }: SignedIn,
  ): Promise<Tenant> {
    return this.deps.sap.update(viewer, client, input);
  }

  @FieldResolver(() => SapConnectionType, {
    nullable: true,
    description: "The tenant's SAP system; null where there is none, and for who is not an admin.",
  })
  async sapConnection(
    @Root() { id }: Tenant,
    @Ctx() { viewer, loaders }: RequestContext,
  ): Promise<SapConnectionType | null> {
    if (!viewer || !maySee(viewer, { userId: null, tenantId: id }, "sap:edit")) return null;
    const connection = await loaders.of(this.deps.sap.byTenants).load(id);
    return connection && { ...connection, serviceCount: connection.services.length };
  }

  @AtMost(10)
  @FieldResolver(() => [TenantCapabilityType], {
    description: "What the tenant's SAP system can be used for: every capability, available or not.",
  })
  async capabilities(@Root() { id }: Tenant, @Ctx() { loaders }: RequestContext): Promise<TenantCapabilityType[]> {
    const connection = await loaders.of(this.deps.sap.byTenants).load(id);
    return capabilitiesOf(connection?.services ?? []);
  }
}
