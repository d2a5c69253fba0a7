import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from "type-graphql";
import { type Tenant, TenantType } from "#features/tenants/index";
import { RateLimit, Reauth, RequiresPermission } from "#platform/schema/access";
import { AtMost } from "#platform/schema/bounds";
import type { RequestContext, SignedIn } from "#platform/schema/context";
import { Fails } from "#platform/schema/errors";
import { canView } from "#shared/access-policy";
import { capabilitiesOf } from "./capabilities.policy.ts";
import {
  SapCapabilityStatus,
  SapSystemType,
  sapDetailsOf,
  UpdateSapSystemInput,
  UpdateSapSystemPayload,
} from "./sap.graphql.ts";
import type { SapService } from "./sap.service.ts";

@Resolver(() => TenantType)
export class SapResolver {
  constructor(private readonly deps: { sap: SapService }) {}

  @RequiresPermission("sap:edit")
  @Reauth()
  @RateLimit({ limit: 20, window: 3600, per: ["USER"] })
  @Fails("BAD_REQUEST/SAP_ADDRESS_REFUSED", "UPSTREAM_FAILED/SAP_UNAUTHORIZED", "UPSTREAM_FAILED/SAP_UNREACHABLE")
  @Mutation(() => UpdateSapSystemPayload, {
    description:
      "Connects the caller's tenant with an SAP system, after a check of its services that takes at most ten seconds. If the check " +
      "fails, nothing changes.",
  })
  async updateSapSystem(
    @Arg("input", () => UpdateSapSystemInput, { description: "The address of the system, and how to log in to it." })
    { baseUrl, credentials }: UpdateSapSystemInput,
    @Ctx() { viewer, client }: SignedIn,
  ): Promise<UpdateSapSystemPayload> {
    return { tenant: await this.deps.sap.update(viewer, client, sapDetailsOf({ baseUrl, credentials })) };
  }

  @FieldResolver(() => SapSystemType, {
    nullable: true,
    description: "The tenant's SAP system; null if not connected, or if the caller lacks `sap:edit` in the tenant.",
  })
  async sapSystem(@Root() { id }: Tenant, @Ctx() { viewer, loaders }: RequestContext): Promise<SapSystemType | null> {
    if (!viewer || !canView(viewer, { userId: null, tenantId: id }, "sap:edit")) return null;
    const connection = await loaders.of(this.deps.sap.byTenants).load(id);
    return connection && { ...connection, serviceCount: connection.services.length };
  }

  @AtMost(10)
  @FieldResolver(() => [SapCapabilityStatus], {
    description: "Every capability of the tenant's SAP system, available or not.",
  })
  async sapCapabilities(@Root() { id }: Tenant, @Ctx() { loaders }: RequestContext): Promise<SapCapabilityStatus[]> {
    const connection = await loaders.of(this.deps.sap.byTenants).load(id);
    return capabilitiesOf(connection?.services ?? []);
  }
}
