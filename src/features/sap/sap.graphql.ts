import { Directive, Field, InputType, Int, ObjectType } from "type-graphql";
import { TenantPayload } from "#features/tenants/index";
import { describedEnum } from "#platform/schema/common.graphql";
import { DateTime, Url } from "#platform/schema/scalars";
import type { Capability, TenantCapability } from "./capabilities.policy.ts";
import type { SapConnectionDetails } from "./sap.policy.ts";

export const CapabilityEnum = describedEnum<Capability>("SapCapability", "A use of a tenant's SAP system.", {
  SOD_ANALYSIS: "Finding people with conflicting rights (segregation of duties).",
  GL_ANOMALY: "Finding unusual entries of the general ledger.",
  INVOICE_MATCHING: "Matching suppliers' invoices with orders.",
});

@ObjectType("SapSystem", {
  description: "The SAP system of a tenant, as of its last check. Its credentials are never returned.",
})
export class SapSystemType {
  @Field(() => Url, { description: "Its address." })
  baseUrl!: string;

  @Field(() => Boolean, { description: "Whether the last check succeeded with these credentials." })
  reachable!: boolean;

  @Field(() => DateTime, {
    description: "When it was last checked. It is checked when it is connected, and then daily.",
  })
  checkedAt!: Date;

  @Field(() => Int, { description: "The number of services in its catalogue at the last successful check." })
  serviceCount!: number;
}

@ObjectType({ description: "Whether a tenant's SAP system has a capability." })
export class SapCapabilityStatus implements TenantCapability {
  @Field(() => CapabilityEnum, { name: "capability", description: "The capability." })
  name!: Capability;

  @Field(() => Boolean, { description: "Whether the system lists a service for this capability." })
  available!: boolean;

  @Field(() => [String], { description: "The technical names of these services, sorted." })
  services!: string[];
}

@InputType({ description: "An OAuth 2 client with the client credentials grant." })
export class SapOAuthInput {
  @Field(() => Url, { description: "The token endpoint: https://sap.example.com/sap/bc/sec/oauth2/token." })
  tokenUrl!: URL;

  @Field(() => String, { description: "The client's id." })
  clientId!: string;

  @Field(() => String, { description: "The client's secret; stored encrypted, never returned." })
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
    description: "The name and password of a user of the SAP system (HTTP Basic).",
  })
  basic?: SapBasicCredentialsInput | null;

  @Field(() => SapOAuthInput, { nullable: true, description: "An OAuth 2 client." })
  oauth?: SapOAuthInput | null;
}

/** The fields of an SAP system in inputs. */
@InputType()
abstract class SapSystemFields {
  @Field(() => Url, {
    description:
      "The system's http(s) address on the public Internet, with its client if it needs one: https://sap.example.com?sap-client=100.",
  })
  baseUrl!: URL;

  @Field(() => SapCredentialsInput, { description: "How to log in to the system." })
  credentials!: SapCredentialsInput;
}

@InputType({ description: "The SAP system of a new tenant." })
export class SapSystemInput extends SapSystemFields {}

@InputType({ description: "The SAP system of the caller's tenant. It replaces the previous one." })
export class UpdateSapSystemInput extends SapSystemFields {}

/** Maps the input to the service's parameter. */
export const sapDetailsOf = ({ baseUrl, credentials }: SapSystemFields): SapConnectionDetails => ({
  baseUrl,
  ...credentials.basic,
  oauth: credentials.oauth,
});

@ObjectType({ description: "The tenant with its SAP system." })
export class UpdateSapSystemPayload extends TenantPayload {}
