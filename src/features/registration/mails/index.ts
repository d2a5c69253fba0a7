import { ALREADY_REGISTERED } from "./already-registered.ts";
import { MEMBERSHIP_OFFERED } from "./membership-offered.ts";
import { REGISTRATION_APPROVED } from "./registration-approved.ts";
import { REGISTRATION_REJECTED } from "./registration-rejected.ts";
import { REGISTRATION_REQUESTED } from "./registration-requested.ts";
import { TENANT_ACTIVATION } from "./tenant-activation.ts";
import { VERIFY_EMAIL } from "./verify-email.ts";

/** The mails of this feature. */
export const MAILS = [
  VERIFY_EMAIL,
  REGISTRATION_REQUESTED,
  REGISTRATION_APPROVED,
  REGISTRATION_REJECTED,
  ALREADY_REGISTERED,
  TENANT_ACTIVATION,
  MEMBERSHIP_OFFERED,
] as const;
