import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import { type SapService, sapDetailsOf } from "#features/sap/index";
import { Public, RateLimit } from "#platform/schema/access";
import type { RequestContext } from "#platform/schema/context";
import { Fails } from "#platform/schema/errors";
import { OnboardTenantInput, OnboardTenantPayload } from "./onboarding.graphql.ts";
import type { OnboardingService } from "./onboarding.service.ts";

@Resolver()
export class OnboardingResolver {
  constructor(private readonly deps: { onboarding: OnboardingService; sap: SapService }) {}

  @Public()
  // By address too, because each call sends a mail to a person who may not have asked for it.
  @RateLimit({ limit: 5, window: 3600, per: ["IP", "IDENTIFIER"] })
  @Fails(
    "BAD_REQUEST/SAP_ADDRESS_REFUSED",
    "BAD_REQUEST/WEAK_PASSWORD",
    "CONFLICT/EMAIL_TAKEN",
    "UPSTREAM_FAILED/SAP_UNAUTHORIZED",
    "UPSTREAM_FAILED/SAP_UNREACHABLE",
  )
  @Mutation(() => OnboardTenantPayload, {
    description:
      "Sets up a tenant with its first admin, and mails the admin a link that is valid for 7 days. `verifyEmail` with its token creates " +
      "the admin's user and activates the tenant. The response for a taken address is the same, unless the setting REVEAL_TAKEN_EMAIL is on.",
  })
  async onboardTenant(
    @Arg("input", () => OnboardTenantInput, { description: "The new tenant and its first admin." })
    { transport, sapSystem, ...request }: OnboardTenantInput,
    @Ctx() { client, cookies, loaders }: RequestContext,
  ): Promise<OnboardTenantPayload> {
    const { tenant, next, challenge, expiresAt, connection } = await this.deps.onboarding.onboard(
      { ...request, sapConnection: sapSystem && sapDetailsOf(sapSystem) },
      client,
    );
    // Avoids a database query, which would reveal whether the tenant is kept.
    loaders.of(this.deps.sap.byTenants).prime(tenant.id, connection);
    if (transport === "BODY") return { tenant, next, challenge };
    cookies.set("registration", challenge, expiresAt);
    return { tenant, next, challenge: null };
  }
}
