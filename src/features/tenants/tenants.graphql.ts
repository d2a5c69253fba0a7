import { Field, ID, InputType, Int, ObjectType } from "type-graphql";
import { describedEnum } from "#platform/schema/common.graphql";
import { connectionOf } from "#platform/schema/connection";
import { Entity } from "#platform/schema/federation";
import { Node } from "#platform/schema/node";
import { DateTime } from "#platform/schema/scalars";
import type { TenantId } from "#shared/ids";
import type { PolicyWish } from "./security-policy.policy.ts";
import type {
  LogoutScope,
  RegistrationMode,
  SecondFactorRule,
  SecurityPolicy,
  TenantStatus,
} from "./tenants.policy.ts";
import type { Tenant } from "./tenants.repository.ts";

export const TenantStatusEnum = describedEnum<TenantStatus>("TenantStatus", "Whether a tenant's people may work.", {
  ACTIVE: "Its users may log in.",
  SUSPENDED: "Nobody of this tenant may log in, and its people's sessions open nothing.",
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

export const SecondFactorRuleEnum = describedEnum<SecondFactorRule>(
  "SecondFactorRule",
  "Whether the logins of a tenant need a second factor.",
  {
    OPTIONAL: "Only users who have turned one on, and logins of high risk.",
    REQUIRED: "Every login. Users who have no factor get a code by mail.",
    REQUIRED_OWN:
      "Every login, with TOTP or a passkey. Users who have neither prove a mailed code and must then add one: `EnrolmentRequired`.",
  },
);

@ObjectType("SecurityPolicy", { description: "How strict a tenant is with its users." })
export class SecurityPolicyType implements SecurityPolicy {
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

  @Field(() => SecondFactorRuleEnum, {
    description: "Whether logins need a second factor. Operators always need one, whatever their tenant says.",
  })
  secondFactor!: SecondFactorRule;

  @Field(() => Int, { description: "From this risk score on, a login must be confirmed by mail." })
  confirmLoginAtRisk!: number;

  @Field(() => Int, {
    description: "From this risk score on, a login needs a second factor: users who have none get a code by mail.",
  })
  secondFactorAtRisk!: number;
}

@Entity()
@ObjectType("Tenant", { implements: Node, description: "A company whose people use this installation." })
export class TenantType implements Node {
  id!: TenantId;

  @Field(() => String, { description: "The company's name." })
  name!: string;

  @Field(() => String, {
    description:
      "Unique in the installation, in lower case: names the tenant in `register`, `authSettings` and `startSocialLogin`.",
  })
  slug!: string;

  @Field(() => TenantStatusEnum, { description: "Whether its people may log in." })
  status!: TenantStatus;

  @Field(() => DateTime, { description: "When it was set up." })
  createdAt!: Date;
}

/** For payloads that contain the tenant that a mutation changed. */
@ObjectType()
export abstract class TenantPayload {
  @Field(() => TenantType, { description: "The tenant after the change." })
  tenant!: Tenant;
}

export const TenantConnection = connectionOf(TenantType, "Tenant");

@InputType({ description: "Which tenants to list: those that meet all that is given." })
export class TenantFilter {
  @Field(() => String, { nullable: true, description: "Part of the name or of the slug, in upper or lower case." })
  search?: string | null;

  @Field(() => TenantStatusEnum, { nullable: true, description: "With this status." })
  status?: TenantStatus | null;
}

@InputType({
  description:
    "What to change of the tenant's security policy. Absent fields stay as they are, and so do those that are null, but for `maxSessions`.",
})
export class UpdateSecurityPolicyInput implements PolicyWish {
  @Field(() => ID, {
    nullable: true,
    description: "For operators: the tenant whose policy to change. Absent: the caller's.",
  })
  tenantId?: string | null;

  @Field(() => RegistrationModeEnum, { nullable: true, description: "Who may get an account." })
  registration?: RegistrationMode | null;

  @Field(() => Int, {
    nullable: true,
    description:
      "How many sessions a user may have at once: 1 to 100, null for any number. A lower limit ends none by itself: the next login does.",
  })
  maxSessions?: number | null;

  @Field(() => LogoutScopeEnum, {
    nullable: true,
    description: "Which sessions end at least when a password is changed.",
  })
  passwordChangeEnds?: LogoutScope | null;

  @Field(() => Int, {
    nullable: true,
    description: "The fewest characters a new password may have: 8 to 128. Passwords that are there stay good.",
  })
  passwordMinLength?: number | null;

  @Field(() => SecondFactorRuleEnum, {
    nullable: true,
    description: "Whether logins need a second factor. Open sessions stay open.",
  })
  secondFactor?: SecondFactorRule | null;

  @Field(() => Int, {
    nullable: true,
    description:
      "From this risk score on, a login must be confirmed by mail: 0 to 200, and at most `secondFactorAtRisk`.",
  })
  confirmLoginAtRisk?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: "From this risk score on, a login needs a second factor: 0 to 200, and at least `confirmLoginAtRisk`.",
  })
  secondFactorAtRisk?: number | null;
}

@ObjectType({ description: "The tenant with the new policy." })
export class UpdateSecurityPolicyPayload extends TenantPayload {}
