import { Arg, Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import { type Tenant, TenantType } from "#features/tenants/index";
import { RequiresPermission } from "#platform/schema/access";
import type { SignedIn } from "#platform/schema/context";
import { PolicyPreviewInput, PolicyPreviewType } from "./policy-preview.graphql.ts";
import type { PolicyPreview, PolicyPreviews } from "./policy-preview.service.ts";

@Resolver(() => TenantType)
export class PolicyPreviewResolver {
  constructor(private readonly deps: { readonly policyPreviews: PolicyPreviews }) {}

  @RequiresPermission("policy:edit")
  @FieldResolver(() => PolicyPreviewType, {
    nullable: true,
    description:
      "The effect that a changed policy would have had, before it applies; at most 30 calls a minute. Null with an error if the caller may not " +
      "change the policy.",
  })
  async policyPreview(
    @Root() tenant: Tenant,
    @Arg("policy", () => PolicyPreviewInput, { description: "The changes to preview." }) policy: PolicyPreviewInput,
    @Ctx() { viewer }: SignedIn,
  ): Promise<PolicyPreview> {
    return this.deps.policyPreviews.of(viewer, tenant, policy);
  }
}
