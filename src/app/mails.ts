import { MAILS as accountMails } from "#features/account/index";
import { MAILS as administrationMails } from "#features/administration/index";
import { MAILS as incidentMails } from "#features/incidents/index";
import { MAILS as invitationMails } from "#features/invitations/index";
import { MAILS as loginMails } from "#features/login/index";
import { MAILS as passwordMails } from "#features/passwords/index";
import { MAILS as registrationMails } from "#features/registration/index";
import { MAILS as sessionMails } from "#features/sessions/index";
import { MAILS as socialMails } from "#features/social/index";

/** The mails of all features, in the order of the features. */
export const MAILS = [
  ...sessionMails,
  ...passwordMails,
  ...registrationMails,
  ...loginMails,
  ...accountMails,
  ...administrationMails,
  ...invitationMails,
  ...socialMails,
  ...incidentMails,
] as const;
