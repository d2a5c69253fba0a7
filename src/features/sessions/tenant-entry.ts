import { type SecondFactorRule, secondFactorRuleOf, type TenantsService } from "#features/tenants/index";
import type { Clock } from "#platform/clock";
import { AppError } from "#shared/errors";
import type { AuthenticationMethod } from "#shared/factors";
import type { TenantId, UserId } from "#shared/ids";
import { membershipIn, requireEntry } from "#shared/memberships";
import { notAMember } from "./not-a-member.ts";
import { amrOf } from "./sessions.policy.ts";
import type { SessionWithUser } from "./sessions.repository.ts";

/**
 * Whether a session with these methods meets the rule of a tenant that its user enters after the login. REQUIRED is met by two
 * factors of different kinds; for a user without a factor of their own, as at login, also by a mailed code with another proof. A
 * mailed code alone is the first factor of a login by mail, and does not count as a second one.
 */
export const meetsSecondFactorRule = (
  methods: readonly AuthenticationMethod[],
  rule: SecondFactorRule,
  user: { readonly hasOwnFactor: boolean },
): boolean => {
  switch (rule) {
    case "OPTIONAL":
      return true;
    case "REQUIRED":
      return amrOf(methods).includes("mfa") || (!user.hasOwnFactor && isCodeBesideAnotherProof(methods));
    case "REQUIRED_OWN":
      return amrOf(methods).includes("mfa");
  }
};

const isCodeBesideAnotherProof = (methods: readonly AuthenticationMethod[]): boolean =>
  methods.includes("EMAIL_CODE") && methods.some((method) => method !== "EMAIL_CODE");

/** Whether the user has a second factor other than the mailbox. */
export type OwnFactors = (userId: UserId) => Promise<boolean>;

/** Checks the entry of a session's user into another of their tenants, which the login has not checked. */
export class TenantEntry {
  #hasOwnFactor: OwnFactors | null = null;

  constructor(private readonly deps: { readonly clock: Clock; readonly tenants: Pick<TenantsService, "get"> }) {}

  /** Registers the look-up of the feature that owns second factors. */
  askAboutFactors(hasOwnFactor: OwnFactors): void {
    this.#hasOwnFactor = hasOwnFactor;
  }

  /** @throws {AppError} FORBIDDEN/NOT_A_MEMBER, FORBIDDEN/FACTORS_RESET_RECENTLY, FORBIDDEN/TENANT_REQUIRES_SECOND_FACTOR */
  async require(
    session: Pick<SessionWithUser, "userId" | "memberships" | "homeTenantId" | "homeMoved" | "authenticatedWith">,
    tenantId: TenantId,
  ): Promise<void> {
    const membership = membershipIn(session.memberships, tenantId);
    if (membership === null) throw notAMember();
    requireEntry(membership, this.deps.clock.now());
    // The login met the policy of the home tenant at that time.
    if (tenantId === session.homeTenantId && !session.homeMoved) return;
    const tenant = await this.deps.tenants.get(tenantId);
    const rule = secondFactorRuleOf(tenant);
    const isMet = (hasOwnFactor: boolean) => meetsSecondFactorRule(session.authenticatedWith, rule, { hasOwnFactor });
    // Queries the database only if the result depends on it.
    const isAdmitted = isMet(true) || (isMet(false) && !(await this.#ask(session.userId)));
    if (!isAdmitted) throw new AppError("FORBIDDEN", { reason: "TENANT_REQUIRES_SECOND_FACTOR" });
  }

  #ask(userId: UserId): Promise<boolean> {
    if (this.#hasOwnFactor === null) throw new Error("No feature has registered a look-up of second factors.");
    return this.#hasOwnFactor(userId);
  }
}
