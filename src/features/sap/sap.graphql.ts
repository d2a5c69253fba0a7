import { Field, InputType, Int, ObjectType } from "type-graphql";
import { describedEnum } from "#platform/schema/common.graphql";
import { DateTime, Url } from "#platform/schema/scalars";
import type { Capability, TenantCapability } from "./capabilities.policy.ts";
import type { SapConnectionDetails } from "./sap.policy.ts";

export const CapabilityEnum = describedEnum<Capability>("Capability", "What a tenant's SAP system can be used for.", {
  SOD_ANALYSIS: "Finding people whose rights should lie in different hands (segregation of duties).",
  GL_ANOMALY: "Finding entries of the general ledger that are out of the ordinary.",
  INVOICE_MATCHING: "Matching suppliers' invoices with what was ordered.",
});

@ObjectType("SapConnection", {
  description: "The SAP system of a tenant, as it was found at its last check. Its credentials are never shown.",
})
export class SapConnectionType {
  @Field(() => Url, { description: "Where it is." })
  baseUrl!: string;

  @Field(() => Boolean, { description: "Whether it answered its last check, and to these credentials." })
  reachable!: boolean;

  @Field(() => DateTime, { description: "When it was checked last: when it was connected, and every day since." })
  checkedAt!: Date;

  @Field(() => Int, { name: "services", description: "How many services its catalogue listed when it answered last." })
  serviceCount!: number;
}

@ObjectType("TenantCapability", { description: "Whether a tenant's SAP system can be used for something." })
export class TenantCapabilityType implements TenantCapability {
  @Field(() => CapabilityEnum, { description: "For what." })
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

@InputType({ description: "How to reach a SAP Gateway: with a username and a password, or with a client of OAuth 2." })
export class SapConnectionInput implements SapConnectionDetails {
  @Field(() => Url, {
    description:
      "The system's http(s) address on the public Internet, where needed with its client: https://sap.example.com?sap-client=100.",
  })
  baseUrl!: URL;

  @Field(() => String, { nullable: true, description: "A user of the system who may read its catalogue." })
  username?: string | null;

  @Field(() => String, { nullable: true, description: "That user's password; stored encrypted, never shown." })
  password?: string | null;

  @Field(() => SapOAuthInput, { nullable: true, description: "In the place of username and password." })
  oauth?: SapOAuthInput | null;
}
