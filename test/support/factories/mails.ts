import { MAILS as accountMails } from "#features/account/mails/index";
import { MAILS as administrationMails } from "#features/administration/mails/index";
import { MAILS as incidentMails } from "#features/incidents/mails/index";
import { MAILS as invitationMails } from "#features/invitations/mails/index";
import { MAILS as loginMails } from "#features/login/mails/index";
import { MAILS as memberMails } from "#features/members/mails/index";
import { MAILS as passwordMails } from "#features/passwords/mails/index";
import { MAILS as registrationMails } from "#features/registration/mails/index";
import { MAILS as sessionMails } from "#features/sessions/mails/index";
import { MAILS as socialMails } from "#features/social/mails/index";

/** The mails of all features, with their types, which `FEATURES` does not have. */
export const MAILS = [
  ...sessionMails,
  ...passwordMails,
  ...registrationMails,
  ...loginMails,
  ...accountMails,
  ...administrationMails,
  ...memberMails,
  ...invitationMails,
  ...socialMails,
  ...incidentMails,
] as const;
