import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import { Public, RateLimit } from "../../platform/schema/access.ts";
import type { RequestContext } from "../../platform/schema/context.ts";
import { OnboardTenantInput, OnboardTenantPayload } from "./onboarding.graphql.ts";
import type { OnboardingService } from "./onboarding.service.ts";

@Resolver()
export class OnboardingResolver {
  readonly #onboarding: OnboardingService;

  constructor({ onboarding }: { onboarding: OnboardingService }) {
    this.#onboarding = onboarding;
  }

  @Public()
  // By address too: each call sends a mail, to somebody who may not have asked for it.
  @RateLimit({ limit: 5, window: 3600, per: ["IP", "IDENTIFIER"] })
  @Mutation(() => OnboardTenantPayload, {
    description:
      "Sets a company up, with its first admin, and mails the admin a link that is good for 7 days: `verifyEmail` with its token activates " +
      "the account. A taken address gets the same answer.",
  })
  onboardTenant(
    @Arg("input", () => OnboardTenantInput, { description: "The company, and its first admin." })
    input: OnboardTenantInput,
    @Ctx() { client }: RequestContext,
  ): Promise<OnboardTenantPayload> {
    return this.#onboarding.onboard(input, client);
  }
}
