export type { ChallengeReason, Delivery } from "./challenges.policy.ts";
export {
  type BegunChallenge,
  ChallengesService,
  challengeExpired,
  type NewChallenge,
  type PendingLogin,
} from "./challenges.service.ts";
