import { auditFeature } from "#features/audit/index";
import { challengesFeature } from "#features/challenges/index";
import { devicesFeature } from "#features/devices/index";
import { linksFeature } from "#features/links/index";
import { loginFeature } from "#features/login/index";
import { passwordsFeature } from "#features/passwords/index";
import { registrationFeature, unverifiedUserConverted } from "#features/registration/index";
import { sessionsFeature } from "#features/sessions/index";
import { tenantsFeature } from "#features/tenants/index";
import { usersFeature } from "#features/users/index";
import { defineFeature } from "#platform/feature";
import { AccountResolver } from "./account.resolver.ts";
import { AccountService } from "./account.service.ts";
import { EmailChangeService } from "./email-change.service.ts";
import { EmailChangeUndo } from "./email-change-undo.service.ts";
import { EmailVerification } from "./email-verification.service.ts";
import { eraseUser } from "./erase-user.ts";
import { ImportedUserVerification } from "./imported-user-verification.ts";
import { LINK_PURPOSES } from "./link-purposes.ts";
import { MAILS } from "./mails/index.ts";
import { PAGES } from "./pages/index.ts";

/** Lets users manage their account: verify, change and restore its address, and delete it. */
export const accountFeature = defineFeature({
  name: "account",
  uses: [
    auditFeature,
    tenantsFeature,
    usersFeature,
    devicesFeature,
    linksFeature,
    sessionsFeature,
    challengesFeature,
    passwordsFeature,
    registrationFeature,
    loginFeature,
  ],
  mails: MAILS,
  pages: PAGES,
  services: (deps) => {
    const emailChanges = new EmailChangeService({ ...deps, revealTakenEmail: deps.config.revealTakenEmail });
    const imported = new ImportedUserVerification(deps);
    return {
      account: new AccountService(deps),
      emailChanges,
      emailChangeUndo: new EmailChangeUndo({ ...deps, passkeys: deps.assertions, changes: emailChanges }),
      emailVerification: new EmailVerification({ ...deps, imported }),
    };
  },
  resolvers: (deps) => [new AccountResolver(deps)],
  hooks: ({ events, links }, on) => {
    links.register(LINK_PURPOSES);
    on(unverifiedUserConverted, (tx, user) => eraseUser(tx, events, user));
  },
});
