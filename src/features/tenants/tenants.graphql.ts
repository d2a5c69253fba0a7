import { Field, Int, ObjectType } from "type-graphql";
import { describedEnum } from "../../platform/schema/common.graphql.ts";
import { Node } from "../../platform/schema/node.ts";
import { DateTime } from "../../platform/schema/scalars.ts";
import type { TenantId } from "../../shared/ids.ts";
import type { LogoutScope, RegistrationMode, TenantStatus } from "./tenants.policy.ts";
import type { Tenant } from "./tenants.repository.ts";

export const TenantStatusEnum = describedEnum<TenantStatus>("TenantStatus", "Whether a tenant's people may work.", {
  ACTIVE: "Its users may log in.",
  SUSPENDED: "Nobody of this tenant may log in.",
});

export const RegistrationModeEnum = describedEnum<RegistrationMode>("RegistrationMode", "Who may get an account.", {
  OPEN: "Everybody who proves to own an e-mail address.",
  APPROVAL: "Whoever an admin of the tenant approves.",
  INVITE_ONLY: "Whoever an admin of the tenant invites.",
});

export const LogoutScopeEnum = describedEnum<LogoutScope>("LogoutScope", "Which sessions of a user end.", {
  NONE: "All of them stay.",
  OTHERS: "All but the one that makes this request.",
  ALL: "All of them: the caller logs in again.",
});

@ObjectType("SecurityPolicy", { description: "How strict a tenant is with its users." })
export class SecurityPolicyType implements Pick<Tenant, keyof SecurityPolicyType> {
  @Field(() => RegistrationModeEnum, { description: "Who may get an account." })
  registration!: RegistrationMode;

  @Field(() => Int, {
    nullable: true,
    description:
      "How many sessions a user may have at once; one more ends the least recently active (to the minute). Null: any number.",
  })
  maxSessions!: number | null;

  @Field(() => LogoutScopeEnum, { description: "Which sessions end at least when a password is changed." })
  passwordChangeEnds!: LogoutScope;

  @Field(() => Int, { description: "The fewest characters a new password may have." })
  passwordMinLength!: number;

  @Field(() => Boolean, {
    description: "Whether every login needs a second factor: users who have none get a code by mail.",
  })
  requireSecondFactor!: boolean;

  @Field(() => Int, { description: "From this risk score on, a login must be confirmed by mail." })
  confirmLoginAtRisk!: number;

  @Field(() => Int, {
    description: "From this risk score on, a login needs a second factor: users who have none get a code by mail.",
  })
  secondFactorAtRisk!: number;
}

@ObjectType("Tenant", { implements: Node, description: "A company whose people use this installation." })
export class TenantType implements Node {
  id!: TenantId;

  @Field(() => String, { description: "The company's name." })
  name!: string;

  @Field(() => TenantStatusEnum, { description: "Whether its people may log in." })
  status!: TenantStatus;

  @Field(() => DateTime, { description: "When it was set up." })
  createdAt!: Date;
}
