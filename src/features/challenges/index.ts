export {
  CHALLENGE_LIFETIME_MS,
  type ChallengeReason,
  type PendingLink,
  type PendingLoginStatus,
  type TokenDelivery,
} from "./challenges.policy.ts";
export {
  ChallengesService,
  type CreatedChallenge,
  challengeExpired,
  type PendingLogin,
} from "./challenges.service.ts";
export { parseNumber } from "./confirmation-number.ts";
export { challengesFeature } from "./feature.ts";
export { type LoginProgress, LoginProgressFeed } from "./login-progress-feed.ts";
