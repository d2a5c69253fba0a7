export { approvalNodes } from "./approvals.node.ts";
export { ApprovalsResolver } from "./approvals.resolver.ts";
export { ANNOUNCE_REGISTRATION, ApprovalsService } from "./approvals.service.ts";
export { type EarlierInvitation, EarlierUsers } from "./earlier-users.ts";
export { ACTIVATE_LINK, LINK_PURPOSES, VERIFY_EMAIL_LINK } from "./link-purposes.ts";
export { ALREADY_REGISTERED } from "./mails/already-registered.ts";
export { MAILS } from "./mails/index.ts";
export { MEMBERSHIP_OFFERED } from "./mails/membership-offered.ts";
export { RegistrationNextEnum } from "./registration.graphql.ts";
export {
  admits,
  CHALLENGE_LIFETIME,
  isOnboarding,
  placeOf,
  type RegistrationNext,
  type RegistrationStatus,
} from "./registration.policy.ts";
export { findAddressHolderForUpdate } from "./registration.repository.ts";
export { RegistrationResolver } from "./registration.resolver.ts";
export { type Registered, RegistrationService } from "./registration.service.ts";
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
export { EARLIER_RESEND_VERIFICATION, RESEND_VERIFICATION, VerificationMails } from "./verification-mails.ts";
