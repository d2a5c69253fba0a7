import { auditFeature } from "#features/audit/index";
import { challengesFeature } from "#features/challenges/index";
import { devicesFeature } from "#features/devices/index";
import { linksFeature } from "#features/links/index";
import { sessionsFeature } from "#features/sessions/index";
import { tenantsFeature } from "#features/tenants/index";
import { defineFeature, defineSettings } from "#platform/feature";
import { setting } from "#platform/setting-docs";
import { httpUrl } from "#platform/setting-kinds";
import { changePasswordRoutes } from "./change-password.routes.ts";
import { LINK_PURPOSES } from "./link-purposes.ts";
import { MAILS } from "./mails/index.ts";
import { PAGES } from "./pages/index.ts";
import { PASSWORD_RESET_REQUEST, PasswordResetService } from "./password-reset.service.ts";
import { PasswordSchemes, SURVEY_PASSWORD_SCHEMES } from "./password-schemes.service.ts";
import { PasswordsResolver } from "./passwords.resolver.ts";
import { PasswordsService } from "./passwords.service.ts";

/** Passwords: choosing, changing and resetting them. */
export const passwordsFeature = defineFeature({
  name: "passwords",
  uses: [auditFeature, tenantsFeature, devicesFeature, linksFeature, sessionsFeature, challengesFeature],
  mails: MAILS,
  pages: PAGES,
  config: defineSettings({
    variables: {
      CHANGE_PASSWORD_URL: setting(httpUrl.optional(), {
        subject: "Pages of your frontend",
        description:
          "The page on which users change their password. Password managers open `/.well-known/change-password`, which redirects to it.",
        example: "https://app.example.com/account/password",
        value: "URL",
        default: "none; `/.well-known/change-password` answers 404",
      }),
    },
    /** Absent: password managers are not redirected to a page. */
    read: (env) => ({ settings: { changePasswordUrl: env.CHANGE_PASSWORD_URL } }),
  }),
  services: (deps) => {
    const passwords = new PasswordsService(deps);
    return {
      passwords,
      schemes: new PasswordSchemes(deps),
      passwordResets: new PasswordResetService({ ...deps, passwords }),
    };
  },
  resolvers: (deps) => [new PasswordsResolver(deps)],
  jobs: ({ passwords, passwordResets, schemes }) => ({
    tasks: {
      [PASSWORD_RESET_REQUEST]: passwordResets.issue,
      [SURVEY_PASSWORD_SCHEMES]: () => schemes.survey(),
    },
    recurring: {
      "sweep-former-passwords": { crontab: "23 2 * * *", run: () => passwords.sweep() },
      "survey-hashes": { crontab: "9 3 * * *", run: () => schemes.survey() },
    },
  }),
  routes: ({ config }) => [(app) => changePasswordRoutes(app, config)],
  lifecycle: ({ schemes }) => ({
    async start({ runsJobs }) {
      if (runsJobs) await schemes.start();
    },
  }),
  hooks: ({ links }) => links.register(LINK_PURPOSES),
});
