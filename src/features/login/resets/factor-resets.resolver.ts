import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from "type-graphql";
import { type User, UserType } from "#features/users/index";
import { CredentialMutation, Public, RateLimit, Reauth } from "#platform/schema/access";
import type { RequestContext, SignedIn } from "#platform/schema/context";
import { Fails } from "#platform/schema/errors";
import type { FactorReset } from "./admin-factor-resets.service.ts";
import {
  CancelFactorResetInput,
  CancelFactorResetPayload,
  CancelOwnFactorResetPayload,
  FactorResetType,
  RequestFactorResetInput,
  RequestFactorResetPayload,
} from "./factor-resets.graphql.ts";
import type { FactorResets } from "./factor-resets.service.ts";

/** Recovery for users who have lost their second factors. */
@Resolver()
export class FactorResetsResolver {
  constructor(private readonly deps: { factorResets: FactorResets }) {}

  @Public()
  @CredentialMutation()
  @RateLimit({ limit: 10, window: 3600, per: ["CHALLENGE"] })
  @Fails("BAD_REQUEST", "FORBIDDEN/FACTOR_RESET_REFUSED", "FORBIDDEN/LOGIN_DENIED", "INVALID_TOKEN/CHALLENGE_EXPIRED")
  @Mutation(() => RequestFactorResetPayload, {
    description:
      "For a user who has lost all second factors and backup codes: resets them after 72 hours, during which the owner is notified every day and can stop it. Then all sessions are ended, and the next login needs a mailed code and a new factor. Calling it again changes nothing. " +
      "Rejected for admins and operators, for a password that was set through a mailed link in the last 30 days, within 30 days of the last " +
      "reset, and for a login that does not wait for one of the user's factors.",
  })
  requestFactorReset(
    @Arg("input", () => RequestFactorResetInput, { description: "The login that waits for a factor." })
    { challenge }: RequestFactorResetInput,
    @Ctx() { client }: RequestContext,
  ): Promise<RequestFactorResetPayload> {
    return this.deps.factorResets.request(challenge, client);
  }

  @Public()
  @CredentialMutation()
  @Fails("INVALID_TOKEN")
  @Mutation(() => CancelFactorResetPayload, {
    description:
      "Stops a reset of the second factors with the mailed link, which is valid once while the reset is waiting.",
  })
  async cancelFactorReset(
    @Arg("input", () => CancelFactorResetInput, { description: "The link's token." }) { token }: CancelFactorResetInput,
    @Ctx() { client }: RequestContext,
  ): Promise<CancelFactorResetPayload> {
    return { cancelledFactorResetId: await this.deps.factorResets.cancelByLink(token, client) };
  }

  @Reauth()
  @Fails("NOT_FOUND")
  @Mutation(() => CancelOwnFactorResetPayload, {
    description: "Stops the reset of the caller's second factors, after a step-up with one of them.",
  })
  async cancelOwnFactorReset(@Ctx() { viewer, client }: SignedIn): Promise<CancelOwnFactorResetPayload> {
    return { cancelledFactorResetId: await this.deps.factorResets.cancelOwn(viewer, client) };
  }
}

/** Adds the waiting reset to the user. */
@Resolver(() => UserType)
export class UserFactorResetResolver {
  constructor(private readonly deps: { factorResets: FactorResets }) {}

  @FieldResolver(() => FactorResetType, {
    nullable: true,
    description:
      "The reset of the caller's second factors that is WAITING; `cancelOwnFactorReset` stops it. Null if none is waiting, and for other users.",
  })
  async factorReset(@Root() { id }: User, @Ctx() { loaders, viewer }: RequestContext): Promise<FactorReset | null> {
    return viewer?.userId === id ? loaders.of(this.deps.factorResets.waitingOf).load(id) : null;
  }
}
