import { type SecondFactorRule, secondFactorRuleOf, type TenantsService } from "#features/tenants/index";
import type { Clock } from "#platform/clock";
import { SECOND } from "#shared/durations";
import { AppError } from "#shared/errors";
import type { AuthenticationMethod } from "#shared/factors";
import type { TenantId } from "#shared/ids";
import { entryBlockedFor, membershipIn } from "#shared/memberships";
import { notAMember } from "./not-a-member.ts";
import { amrOf } from "./sessions.policy.ts";
import type { IdentifiedSession } from "./sessions.repository.ts";

/**
 * Whether a session that rests on these methods meets the rule of a tenant that its user enters after the login. As at a login,
 * a mailed code meets REQUIRED, but not REQUIRED_OWN.
 */
export const meetsSecondFactorRule = (methods: readonly AuthenticationMethod[], rule: SecondFactorRule): boolean => {
  switch (rule) {
    case "OPTIONAL":
      return true;
    case "REQUIRED":
      return methods.includes("EMAIL_CODE") || amrOf(methods).includes("mfa");
    case "REQUIRED_OWN":
      return amrOf(methods).includes("mfa");
  }
};

/** Lets the user of a session into a tenant of theirs that the login has not checked. */
export class TenantEntry {
  constructor(private readonly deps: { readonly clock: Clock; readonly tenants: Pick<TenantsService, "get"> }) {}

  /** @throws {AppError} FORBIDDEN/NOT_A_MEMBER, FORBIDDEN/FACTORS_RESET_RECENTLY, FORBIDDEN/TENANT_REQUIRES_SECOND_FACTOR */
  async require(
    session: Pick<IdentifiedSession, "memberships" | "homeTenantId" | "homeMoved" | "authenticatedWith">,
    tenantId: TenantId,
  ): Promise<void> {
    const membership = membershipIn(session.memberships, tenantId);
    if (membership === null) throw notAMember();
    const blockedFor = entryBlockedFor(membership, this.deps.clock.now());
    if (blockedFor > 0)
      throw new AppError("FORBIDDEN", { reason: "FACTORS_RESET_RECENTLY", retryAfter: Math.ceil(blockedFor / SECOND) });
    // The login has met the policy of the tenant that was home then.
    if (tenantId === session.homeTenantId && !session.homeMoved) return;
    const tenant = await this.deps.tenants.get(tenantId);
    if (!meetsSecondFactorRule(session.authenticatedWith, secondFactorRuleOf(tenant)))
      throw new AppError("FORBIDDEN", { reason: "TENANT_REQUIRES_SECOND_FACTOR" });
  }
}
