export type { ApprovalsService } from "./approvals.service.ts";
export type { EarlierUsers } from "./earlier-users.ts";
export { registrationFeature } from "./feature.ts";
export { ACTIVATE_LINK, VERIFY_EMAIL_LINK } from "./link-purposes.ts";
export { ALREADY_REGISTERED } from "./mails/already-registered.ts";
export { MEMBERSHIP_OFFERED } from "./mails/membership-offered.ts";
export { RegistrationNextEnum } from "./registration.graphql.ts";
export {
  type ApprovedAddress,
  approvedAddressHeld,
  type EarlierInvitation,
  earlierInvitationFound,
  unverifiedUserConverted,
} from "./registration.hooks.ts";
export {
  admits,
  isOnboarding,
  locationLabelOf,
  REGISTRATION_CHALLENGE_LIFETIME_MS,
  type RegistrationNext,
} from "./registration.policy.ts";
export { findAddressHolderForUpdate } from "./registration.repository.ts";
export type { Registered } from "./registration.service.ts";
export { challengeOf, readChallenge } from "./registration-challenges.ts";
export {
  deleteRegistrationsOf,
  findRegistrationById,
  findRegistrationByIdForUpdate,
  insertRegistration,
  listUnclosedRegistrations,
  type RegistrationRow,
  type WaitingRegistration,
  waitingRegistration,
} from "./registrations.repository.ts";
export { registrations } from "./registrations.table.ts";
export { UserCreation } from "./user-creation.ts";
export type { VerificationMails } from "./verification-mails.ts";
