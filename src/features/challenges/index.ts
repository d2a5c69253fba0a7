export type { ChallengeReason, Delivery, PendingLoginStatus } from "./challenges.policy.ts";
export {
  type BegunChallenge,
  ChallengesService,
  challengeExpired,
  type NewChallenge,
  type PendingLogin,
} from "./challenges.service.ts";
