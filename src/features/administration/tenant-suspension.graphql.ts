import { Field, ID, InputType, ObjectType } from "type-graphql";
import { TenantPayload } from "#features/tenants/index";

@InputType({ description: "The tenant to suspend." })
export class SuspendTenantInput {
  @Field(() => ID, { description: "The tenant to suspend; not the caller's." })
  tenantId!: string;
}

@ObjectType({ description: "The suspended tenant." })
export class SuspendTenantPayload extends TenantPayload {}

@InputType({ description: "The tenant to reactivate." })
export class ReactivateTenantInput {
  @Field(() => ID, { description: "A suspended tenant." })
  tenantId!: string;
}

@ObjectType({ description: "The tenant, ACTIVE again." })
export class ReactivateTenantPayload extends TenantPayload {}
