import { defineFeature } from "#platform/feature";
import { ChallengeProgress } from "./challenge-progress.ts";
import { ChallengesService } from "./challenges.service.ts";

/** Logins that need another step. */
export const challengesFeature = defineFeature({
  name: "challenges",
  services: ({ db, clock, ids, keyRing, announcements, log }) => {
    const challenges = new ChallengesService({ db, clock, ids, keyRing, announcements });
    return { challenges, challengeProgress: new ChallengeProgress({ clock, challenges, announcements, log }) };
  },
  jobs: ({ challenges }) => ({
    recurring: { "sweep-challenges": { crontab: "27 * * * *", run: () => challenges.sweep() } },
  }),
});
