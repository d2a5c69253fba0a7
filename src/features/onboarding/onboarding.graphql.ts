import { Field, InputType, ObjectType } from "type-graphql";
import { type RegistrationNext, RegistrationNextEnum } from "#features/registration/index";
import { SapSystemInput } from "#features/sap/index";
import { type TokenTransport, TokenTransportEnum } from "#features/sessions/index";
import { type Tenant, TenantType } from "#features/tenants/index";
import { EmailAddress } from "#platform/schema/scalars";

@InputType({ description: "A company, and its first admin." })
export class OnboardTenantInput {
  @Field(() => TokenTransportEnum, {
    defaultValue: "BODY",
    description: "How the challenge is delivered, as for `register`.",
  })
  transport!: TokenTransport;

  @Field(() => String, { description: "What the company calls itself; at most 200 characters, no web address." })
  companyName!: string;

  @Field(() => EmailAddress, { description: "Where the activation mail goes; the admin's name for logging in." })
  adminEmail!: string;

  @Field(() => String, { description: "The admin's name, for showing; at most 200 characters." })
  adminName!: string;

  @Field(() => String, {
    description: "8 to 128 characters of any kind; not a common one, not the user's address or name.",
  })
  password!: string;

  @Field(() => SapSystemInput, {
    nullable: true,
    description:
      "The company's SAP system. Portcullis asks it for its services, for ten seconds at most; if that fails, nothing is set up.",
  })
  sapSystem?: SapSystemInput | null;
}

@ObjectType({ description: "The same answer whether or not the address was known." })
export class OnboardTenantPayload {
  @Field(() => TenantType, { description: "The company. It is kept once the admin follows the link of the mail." })
  tenant!: Tenant;

  @Field(() => RegistrationNextEnum, { description: "What to ask the person to do now." })
  next!: RegistrationNext;

  @Field(() => String, { nullable: true, description: "As RegisterPayload.challenge. Null with transport COOKIE." })
  challenge!: string | null;
}
