import { Field, ID, InputType, ObjectType } from "type-graphql";
import { type Tenant, TenantType } from "#features/tenants/index";
import { type User, UserType } from "#features/users/index";

@InputType({ description: "The new home tenant." })
export class SetHomeTenantInput {
  @Field(() => ID, { description: "A tenant in which the caller's membership is ACTIVE." })
  tenantId!: string;
}

@ObjectType({ description: "The user with the new home tenant." })
export class SetHomeTenantPayload {
  @Field(() => UserType, { description: "The user." })
  user!: User;
}

@InputType({ description: "An e-mail domain, and its owner." })
export class AddTenantDomainInput {
  @Field(() => ID, { description: "The tenant that owns the domain." })
  tenantId!: string;

  @Field(() => String, {
    description:
      "The domain part of an address, such as `example.com`; does not include subdomains. Unicode is allowed.",
  })
  domain!: string;
}

@ObjectType({ description: "The tenant with its domains." })
export class AddTenantDomainPayload {
  @Field(() => TenantType, { description: "The tenant." })
  tenant!: Tenant;
}

@InputType({ description: "The domain that a tenant no longer owns." })
export class RemoveTenantDomainInput {
  @Field(() => ID, { description: "The tenant." })
  tenantId!: string;

  @Field(() => String, { description: "One of `Tenant.domains`." })
  domain!: string;
}

@ObjectType({ description: "The tenant with the remaining domains." })
export class RemoveTenantDomainPayload {
  @Field(() => TenantType, { description: "The tenant." })
  tenant!: Tenant;
}
