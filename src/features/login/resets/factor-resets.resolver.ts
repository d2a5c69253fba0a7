import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import { ProvesCredential, Public, RateLimit, Reauth } from "#platform/schema/access";
import { ACCEPTED, AcceptedPayload } from "#platform/schema/common.graphql";
import type { RequestContext, SignedIn } from "#platform/schema/context";
import { FactorResetPayload } from "./factor-resets.graphql.ts";
import type { FactorResets } from "./factor-resets.service.ts";

/** The way back of users who have lost their second factors. */
@Resolver()
export class FactorResetsResolver {
  constructor(private readonly deps: { factorResets: FactorResets }) {}

  @Public()
  @ProvesCredential()
  @RateLimit({ limit: 10, window: 3600, per: ["CHALLENGE"] })
  @Mutation(() => FactorResetPayload, {
    description:
      "For a user who has lost all second factors and backup codes: resets them after 72 hours, in which the owner is told every day and can " +
      "stop it. All sessions end then, and the next login proves a mailed code and adds a factor. Calling it again changes nothing. " +
      "FORBIDDEN/FACTOR_RESET_REFUSED for admins and operators, for a password that was set through a mailed link in the last 30 days, and " +
      "within 30 days of the last reset; BAD_REQUEST if the login waits for none of the user's factors; INVALID_TOKEN/CHALLENGE_EXPIRED.",
  })
  requestFactorReset(
    @Arg("challenge", () => String, { description: "SecondFactorRequired.challenge." }) challenge: string,
    @Ctx() { client }: RequestContext,
  ): Promise<FactorResetPayload> {
    return this.deps.factorResets.request(challenge, client);
  }

  @Public()
  @ProvesCredential()
  @Mutation(() => AcceptedPayload, {
    description:
      "Stops a reset of the second factors, by the link of its mail. INVALID_TOKEN if the link is used or expired, or none waits.",
  })
  async cancelFactorReset(
    @Arg("token", () => String, { description: "The `token` in the link's address." }) token: string,
    @Ctx() { client }: RequestContext,
  ): Promise<AcceptedPayload> {
    await this.deps.factorResets.cancelByLink(token, client);
    return ACCEPTED;
  }

  @Reauth()
  @Mutation(() => AcceptedPayload, {
    description:
      "Stops the reset of the caller's own second factors, after a step-up with one of them. NOT_FOUND if none waits.",
  })
  async cancelOwnFactorReset(@Ctx() { viewer, client }: SignedIn): Promise<AcceptedPayload> {
    await this.deps.factorResets.cancelOwn(viewer, client);
    return ACCEPTED;
  }
}
