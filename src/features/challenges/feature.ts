import { defineFeature } from "#platform/feature";
import { ChallengesService } from "./challenges.service.ts";
import { LoginProgressFeed } from "./login-progress-feed.ts";

/** Logins that need another step. */
export const challengesFeature = defineFeature({
  name: "challenges",
  services: ({ db, clock, ids, keyRing, pubsub, log }) => {
    const challenges = new ChallengesService({ db, clock, ids, keyRing, pubsub });
    return { challenges, challengeProgress: new LoginProgressFeed({ clock, challenges, pubsub, log }) };
  },
  jobs: ({ challenges }) => ({
    recurring: { "sweep-challenges": { crontab: "27 * * * *", run: () => challenges.sweep() } },
  }),
});
