import { accountFeature } from "#features/account/index";
import { administrationFeature } from "#features/administration/index";
import { auditFeature } from "#features/audit/index";
import { challengesFeature } from "#features/challenges/index";
import { devicesFeature } from "#features/devices/index";
import { invitationsFeature } from "#features/invitations/index";
import { linksFeature } from "#features/links/index";
import { loginFeature } from "#features/login/index";
import { sessionsFeature } from "#features/sessions/index";
import { usersFeature } from "#features/users/index";
import { defineFeature } from "#platform/feature";
import { LeakedKeyService } from "./leaked-key.service.ts";
import { MAILS } from "./mails/index.ts";
import { SuspendedChangesResolver } from "./suspended-changes.resolver.ts";
import { SuspendedChangesService } from "./suspended-changes.service.ts";

/** The operator's response to a leaked signing key. */
export const incidentsFeature = defineFeature({
  name: "incidents",
  uses: [
    auditFeature,
    usersFeature,
    devicesFeature,
    linksFeature,
    sessionsFeature,
    challengesFeature,
    loginFeature,
    accountFeature,
    administrationFeature,
    invitationsFeature,
  ],
  mails: MAILS,
  services: (deps) => ({
    leakedKey: new LeakedKeyService(deps),
    suspendedChanges: new SuspendedChangesService(deps),
  }),
  resolvers: (deps) => [new SuspendedChangesResolver(deps)],
});
