export { ChallengeProgress, type LoginProgress } from "./challenge-progress.ts";
export type { ChallengeReason, Delivery, PendingLoginStatus } from "./challenges.policy.ts";
export {
  type BegunChallenge,
  ChallengesService,
  challengeExpired,
  type PendingLogin,
} from "./challenges.service.ts";
export { parseNumber } from "./confirmation-number.ts";
