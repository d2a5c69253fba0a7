import { Arg, Resolver } from "type-graphql";
import type { LoginProgress, LoginProgressFeed } from "#features/challenges/index";
import { Public, RateLimit } from "#platform/schema/access";
import { SubscriptionField } from "#platform/schema/subscription-field";
import { MINUTE, SECOND } from "#shared/durations";
import { PendingLoginType } from "./confirmation.graphql.ts";

@Resolver()
export class LoginProgressSubscription {
  constructor(private readonly deps: { challengeProgress: LoginProgressFeed }) {}

  @Public()
  @RateLimit({ limit: 300, window: MINUTE / SECOND })
  @SubscriptionField(() => PendingLoginType, {
    description:
      "The state of an unfinished login, immediately and after every change. It completes when the login is over. INVALID_TOKEN if the token is not a challenge.",
  })
  loginProgressed(
    @Arg("challenge", () => String, { description: "The challenge that `login` returned." }) challenge: string,
  ): Promise<AsyncIterable<LoginProgress>> {
    return this.deps.challengeProgress.subscribe(challenge);
  }
}
