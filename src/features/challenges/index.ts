export { ChallengeProgress, type LoginProgress } from "./challenge-progress.ts";
export {
  CHALLENGE_LIFETIME,
  type ChallengeReason,
  type Delivery,
  type PendingLink,
  type PendingLoginStatus,
} from "./challenges.policy.ts";
export {
  type BegunChallenge,
  ChallengesService,
  challengeExpired,
  type PendingLogin,
} from "./challenges.service.ts";
export { parseNumber } from "./confirmation-number.ts";
export { challengesFeature } from "./feature.ts";
