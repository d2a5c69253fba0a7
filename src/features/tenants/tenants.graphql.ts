import { Field, ID, InputType, Int, ObjectType } from "type-graphql";
import { describedEnum } from "#platform/schema/common.graphql";
import { connectionOf } from "#platform/schema/connection";
import { Entity } from "#platform/schema/federation";
import { Node } from "#platform/schema/node";
import { DateTime } from "#platform/schema/scalars";
import type { TenantId } from "#shared/ids";
import type { PolicyUpdate } from "./security-policy.policy.ts";
import type {
  LogoutScope,
  RegistrationMode,
  SecondFactorRule,
  SecurityPolicy,
  TenantStatus,
} from "./tenants.policy.ts";
import type { Tenant } from "./tenants.repository.ts";

export const TenantStatusEnum = describedEnum<TenantStatus>("TenantStatus", "Whether a tenant's users may log in.", {
  ACTIVE: "Its users may log in.",
  SUSPENDED: "Users of this tenant cannot log in, and their tokens are rejected.",
});

export const RegistrationModeEnum = describedEnum<RegistrationMode>("RegistrationMode", "Who may get an account.", {
  OPEN: "Anyone with a verified e-mail address.",
  APPROVAL: "Applicants approved by an admin of the tenant.",
  INVITE_ONLY: "Users invited by an admin of the tenant.",
});

export const LogoutScopeEnum = describedEnum<LogoutScope>("LogoutScope", "Which sessions of a user end.", {
  NONE: "No session ends.",
  OTHERS: "All except the one making this request.",
  ALL: "All sessions; the caller must log in again.",
});

export const SecondFactorRuleEnum = describedEnum<SecondFactorRule>(
  "SecondFactorRule",
  "Whether the logins of a tenant need a second factor.",
  {
    OPTIONAL: "Only for users who have enabled one, and for high-risk logins.",
    REQUIRED: "For every login. Users without a factor get a code by mail.",
    REQUIRED_OWN:
      "For every login, with TOTP or a passkey. Users without either enter a mailed code and must then add one: `EnrolmentRequired`.",
  },
);

@ObjectType("SecurityPolicy", { description: "A tenant's security policy for its users." })
export class SecurityPolicyType implements SecurityPolicy {
  @Field(() => RegistrationModeEnum, { description: "Who may get an account." })
  registration!: RegistrationMode;

  @Field(() => Int, {
    nullable: true,
    description:
      "How many concurrent sessions a user may have; one more ends the least recently active (to the minute). Null: no limit.",
  })
  maxSessions!: number | null;

  @Field(() => LogoutScopeEnum, { description: "The minimum set of sessions that end when a password is changed." })
  passwordChangeEnds!: LogoutScope;

  @Field(() => Int, { description: "The minimum length of a new password." })
  passwordMinLength!: number;

  @Field(() => SecondFactorRuleEnum, {
    description: "Whether logins need a second factor. Operators always need one, whatever the policy.",
  })
  secondFactor!: SecondFactorRule;

  @Field(() => Int, { description: "The risk score from which a login must be confirmed by mail." })
  confirmLoginAtRisk!: number;

  @Field(() => Int, {
    description: "The risk score from which a login needs a second factor. Users without one get a code by mail.",
  })
  secondFactorAtRisk!: number;
}

@Entity()
@ObjectType("Tenant", {
  implements: Node,
  description: "An organization, usually a company, with its own users, roles and policy.",
})
export class TenantType implements Node {
  id!: TenantId;

  @Field(() => String, { description: "The name of the organization." })
  name!: string;

  @Field(() => String, {
    description:
      "Unique in the installation, in lower case: names the tenant in `register`, `authSettings` and `startSocialLogin`.",
  })
  slug!: string;

  @Field(() => TenantStatusEnum, { description: "Whether its users may log in." })
  status!: TenantStatus;

  @Field(() => DateTime, { description: "When it was created." })
  createdAt!: Date;
}

/** For payloads that contain the tenant changed by a mutation. */
@ObjectType()
export abstract class TenantPayload {
  @Field(() => TenantType, { description: "The tenant after the change." })
  tenant!: Tenant;
}

export const TenantConnection = connectionOf(TenantType, "Tenant");

@InputType({ description: "The tenants to list: those that match all given fields." })
export class TenantFilter {
  @Field(() => String, {
    nullable: true,
    description: "Only tenants whose name or slug contains this text, case-insensitive.",
  })
  search?: string | null;

  @Field(() => TenantStatusEnum, { nullable: true, description: "Only tenants with this status." })
  status?: TenantStatus | null;
}

/** The settings of a policy in inputs. */
@InputType()
export abstract class PolicySettingsInput implements PolicyUpdate {
  @Field(() => RegistrationModeEnum, { nullable: true, description: "Who may get an account." })
  registration?: RegistrationMode | null;

  @Field(() => Int, {
    nullable: true,
    description:
      "How many concurrent sessions a user may have: 1 to 100, null for no limit. A lower limit takes effect at the next login.",
  })
  maxSessions?: number | null;

  @Field(() => LogoutScopeEnum, {
    nullable: true,
    description: "The minimum set of sessions that end when a password is changed.",
  })
  passwordChangeEnds?: LogoutScope | null;

  @Field(() => Int, {
    nullable: true,
    description: "The minimum length of a new password: 8 to 128. Existing passwords stay valid.",
  })
  passwordMinLength?: number | null;

  @Field(() => SecondFactorRuleEnum, {
    nullable: true,
    description: "Whether logins need a second factor. Existing sessions continue.",
  })
  secondFactor?: SecondFactorRule | null;

  @Field(() => Int, {
    nullable: true,
    description:
      "The risk score from which a login must be confirmed by mail: 0 to 200, and at most `secondFactorAtRisk`.",
  })
  confirmLoginAtRisk?: number | null;

  @Field(() => Int, {
    nullable: true,
    description:
      "The risk score from which a login needs a second factor: 0 to 200, and at least `confirmLoginAtRisk`.",
  })
  secondFactorAtRisk?: number | null;
}

@InputType({
  description:
    "The changes to the tenant's security policy. Absent fields stay unchanged, and so do null fields except `maxSessions`.",
})
export class UpdateSecurityPolicyInput extends PolicySettingsInput {
  @Field(() => ID, {
    nullable: true,
    description: "The tenant whose policy will change; for operators only. If absent, the caller's tenant.",
  })
  tenantId?: string | null;
}

@ObjectType({ description: "The tenant with the new policy." })
export class UpdateSecurityPolicyPayload extends TenantPayload {}
