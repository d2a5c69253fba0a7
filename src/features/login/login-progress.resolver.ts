import { Arg, Resolver } from "type-graphql";
import { Public, RateLimit } from "../../platform/schema/access.ts";
import { Live } from "../../platform/schema/live.ts";
import { MINUTE, SECOND } from "../../shared/durations.ts";
import type { ChallengeProgress, LoginProgress } from "../challenges/index.ts";
import { PendingLoginType } from "./confirmation.graphql.ts";

@Resolver()
export class LoginProgressSubscription {
  readonly #progress: ChallengeProgress;

  constructor({ challengeProgress }: { challengeProgress: ChallengeProgress }) {
    this.#progress = challengeProgress;
  }

  @Public()
  @RateLimit({ limit: 300, window: MINUTE / SECOND })
  @Live(() => PendingLoginType, {
    description:
      "Where an unfinished login stands, at once and whenever that changes; it completes when the login is over. INVALID_TOKEN for what is " +
      "no challenge.",
  })
  loginProgressed(
    @Arg("challenge", () => String, { description: "The challenge that `login` answered." }) challenge: string,
  ): Promise<AsyncIterable<LoginProgress>> {
    return this.#progress.follow(challenge);
  }
}
