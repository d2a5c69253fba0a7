import { Directive, Field, InputType, Int, ObjectType } from "type-graphql";
import { TenantPayload } from "#features/tenants/index";
import { describedEnum } from "#platform/schema/common.graphql";
import { DateTime, Url } from "#platform/schema/scalars";
import type { Capability, TenantCapability } from "./capabilities.policy.ts";
import type { SapConnectionDetails } from "./sap.policy.ts";

export const CapabilityEnum = describedEnum<Capability>(
  "SapCapability",
  "What a tenant's SAP system can be used for.",
  {
    SOD_ANALYSIS: "Finding people whose rights should lie in different hands (segregation of duties).",
    GL_ANOMALY: "Finding entries of the general ledger that are out of the ordinary.",
    INVOICE_MATCHING: "Matching suppliers' invoices with what was ordered.",
  },
);

@ObjectType("SapSystem", {
  description: "The SAP system of a tenant, as it was found at its last check. Its credentials are never shown.",
})
export class SapSystemType {
  @Field(() => Url, { description: "Where it is." })
  baseUrl!: string;

  @Field(() => Boolean, { description: "Whether it answered its last check, and to these credentials." })
  reachable!: boolean;

  @Field(() => DateTime, { description: "When it was checked last: when it was connected, and every day since." })
  checkedAt!: Date;

  @Field(() => Int, { description: "How many services its catalogue listed when it answered last." })
  serviceCount!: number;
}

@ObjectType({ description: "Whether a tenant's SAP system can be used for something." })
export class SapCapabilityStatus implements TenantCapability {
  @Field(() => CapabilityEnum, { name: "capability", description: "What it can be used for." })
  name!: Capability;

  @Field(() => Boolean, { description: "Whether it lists a service that this needs." })
  available!: boolean;

  @Field(() => [String], { description: "The technical names of these services, sorted." })
  services!: string[];
}

@InputType({ description: "A client of OAuth 2 that gets its tokens by its own secret (client credentials)." })
export class SapOAuthInput {
  @Field(() => Url, { description: "Where it gets its tokens: https://sap.example.com/sap/bc/sec/oauth2/token." })
  tokenUrl!: URL;

  @Field(() => String, { description: "The client's id." })
  clientId!: string;

  @Field(() => String, { description: "The client's secret; stored encrypted, never shown." })
  clientSecret!: string;
}

@InputType({ description: "A user of the SAP system who may read its catalogue." })
export class SapBasicCredentialsInput {
  @Field(() => String, { description: "The user's name." })
  username!: string;

  @Field(() => String, { description: "The user's password; stored encrypted, never returned." })
  password!: string;
}

@Directive("@oneOf")
@InputType({ description: "How to log in to the SAP system: exactly one of these." })
export class SapCredentialsInput {
  @Field(() => SapBasicCredentialsInput, {
    nullable: true,
    description: "A user of the system and a password (HTTP Basic).",
  })
  basic?: SapBasicCredentialsInput | null;

  @Field(() => SapOAuthInput, { nullable: true, description: "A client of OAuth 2." })
  oauth?: SapOAuthInput | null;
}

/** What describes a SAP system in an input. */
@InputType()
abstract class SapSystemFields {
  @Field(() => Url, {
    description:
      "The system's http(s) address on the public Internet, with its client if it needs one: https://sap.example.com?sap-client=100.",
  })
  baseUrl!: URL;

  @Field(() => SapCredentialsInput, { description: "How to log in there." })
  credentials!: SapCredentialsInput;
}

@InputType({ description: "The SAP system of a company that is set up." })
export class SapSystemInput extends SapSystemFields {}

@InputType({ description: "The SAP system of the caller's tenant: it replaces the one before." })
export class UpdateSapSystemInput extends SapSystemFields {}

/** As the service takes it. */
export const sapDetailsOf = ({ baseUrl, credentials }: SapSystemFields): SapConnectionDetails => ({
  baseUrl,
  ...credentials.basic,
  oauth: credentials.oauth,
});

@ObjectType({ description: "The tenant with its SAP system." })
export class UpdateSapSystemPayload extends TenantPayload {}
