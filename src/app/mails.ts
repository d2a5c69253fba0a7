import { LINK_PURPOSES as accountLinks, MAILS as accountMails, PAGES as accountPages } from "#features/account/index";
import { MAILS as administrationMails } from "#features/administration/index";
import { MAILS as incidentMails } from "#features/incidents/index";
import {
  LINK_PURPOSES as invitationLinks,
  MAILS as invitationMails,
  PAGES as invitationPages,
} from "#features/invitations/index";
import { LINK_PURPOSES as loginLinks, MAILS as loginMails, PAGES as loginPages } from "#features/login/index";
import {
  LINK_PURPOSES as passwordLinks,
  MAILS as passwordMails,
  PAGES as passwordPages,
} from "#features/passwords/index";
import { LINK_PURPOSES as registrationLinks, MAILS as registrationMails } from "#features/registration/index";
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

/** The pages behind links in mails. */
export const PAGES = [...passwordPages, ...loginPages, ...accountPages, ...invitationPages];

/** What links in mails allow. */
export const LINK_PURPOSES = [
  ...passwordLinks,
  ...registrationLinks,
  ...loginLinks,
  ...accountLinks,
  ...invitationLinks,
];
