import { Field, InputType, ObjectType } from "type-graphql";
import { type RegistrationNext, RegistrationNextEnum } from "#features/registration/index";
import { SapSystemInput } from "#features/sap/index";
import { type TokenTransport, TokenTransportEnum } from "#features/sessions/index";
import { type Tenant, TenantType } from "#features/tenants/index";
import { EmailAddress } from "#platform/schema/scalars";

@InputType({ description: "A new tenant and its first admin." })
export class OnboardTenantInput {
  @Field(() => TokenTransportEnum, {
    defaultValue: "BODY",
    description: "How the challenge is delivered, as for `register`.",
  })
  transport!: TokenTransport;

  @Field(() => String, { description: "The name of the tenant; at most 200 characters, not a web address." })
  companyName!: string;

  @Field(() => EmailAddress, { description: "The address for the activation mail. It becomes the admin's login name." })
  adminEmail!: string;

  @Field(() => String, { description: "The admin's display name; at most 200 characters." })
  adminName!: string;

  @Field(() => String, {
    description: "8 to 128 characters of any kind; not a common password, not the user's address or name.",
  })
  password!: string;

  @Field(() => SapSystemInput, {
    nullable: true,
    description:
      "The tenant's SAP system. Portcullis requests its services, with a timeout of ten seconds; if that fails, nothing is set up.",
  })
  sapSystem?: SapSystemInput | null;
}

@ObjectType({ description: "The same response whether or not the address was known." })
export class OnboardTenantPayload {
  @Field(() => TenantType, {
    description: "The new tenant. It is deleted unless the admin uses the mailed link.",
  })
  tenant!: Tenant;

  @Field(() => RegistrationNextEnum, { description: "The next step for the user." })
  next!: RegistrationNext;

  @Field(() => String, {
    nullable: true,
    description: "The challenge, as for `RegisterPayload.challenge`. Null with transport COOKIE.",
  })
  challenge!: string | null;
}
