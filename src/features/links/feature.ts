import { defineFeature, defineSettings } from "#platform/feature";
import { pageUrl } from "#platform/setting-kinds";
import { AddressLinks } from "./address-links.service.ts";
import { LinksService } from "./links.service.ts";

const page = pageUrl.optional();

/** The links in mails, each good for one thing once. */
export const linksFeature = defineFeature({
  name: "links",
  config: defineSettings({
    variables: {
      VERIFY_EMAIL_URL: page,
      RESET_PASSWORD_URL: page,
      CONFIRM_EMAIL_CHANGE_URL: page,
      UNDO_EMAIL_CHANGE_URL: page,
      CANCEL_FACTOR_RESET_URL: page,
      CONFIRM_LOGIN_URL: page,
      DENY_LOGIN_URL: page,
      ACCEPT_INVITATION_URL: page,
      ACTIVATE_URL: page,
    },
    read: (env, { publicUrl }) => ({
      settings: {
        links: {
          verifyEmail: env.VERIFY_EMAIL_URL ?? `${publicUrl}/verify-email`,
          resetPassword: env.RESET_PASSWORD_URL ?? `${publicUrl}/reset-password`,
          confirmEmailChange: env.CONFIRM_EMAIL_CHANGE_URL ?? `${publicUrl}/confirm-email-change`,
          undoEmailChange: env.UNDO_EMAIL_CHANGE_URL ?? `${publicUrl}/undo-email-change`,
          confirmLogin: env.CONFIRM_LOGIN_URL ?? `${publicUrl}/confirm-login`,
          denyLogin: env.DENY_LOGIN_URL ?? `${publicUrl}/deny-login`,
          cancelFactorReset: env.CANCEL_FACTOR_RESET_URL ?? `${publicUrl}/cancel-factor-reset`,
          acceptInvitation: env.ACCEPT_INVITATION_URL ?? `${publicUrl}/accept-invitation`,
          activate: env.ACTIVATE_URL ?? `${publicUrl}/activate`,
        },
      },
    }),
  }),
  services: ({ db, clock, ids, keyRing, config }) => {
    const links = new LinksService({ db, clock, ids, keyRing, pages: config.links });
    return { links, addressLinks: new AddressLinks({ db, clock, ids, links }) };
  },
  jobs: ({ links, addressLinks }) => ({
    recurring: {
      "sweep-links": { crontab: "17 * * * *", run: () => links.sweep() },
      "sweep-address-links": { crontab: "19 * * * *", run: () => addressLinks.sweep() },
    },
  }),
});
