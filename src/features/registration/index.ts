export { approvalNodes } from "./approvals.node.ts";
export { deleteRegistrationsOf, waitingHash } from "./approvals.repository.ts";
export { ApprovalsResolver } from "./approvals.resolver.ts";
export { ANNOUNCE_REGISTRATION, ApprovalsService } from "./approvals.service.ts";
export { RegistrationNextEnum } from "./registration.graphql.ts";
export type { RegistrationNext } from "./registration.policy.ts";
export { findAddressHolderForUpdate } from "./registration.repository.ts";
export { RegistrationResolver } from "./registration.resolver.ts";
export {
  RESEND_VERIFICATION,
  RegistrationService,
} from "./registration.service.ts";
