import { auditFeature } from "#features/audit/index";
import { challengesFeature } from "#features/challenges/index";
import { linksFeature } from "#features/links/index";
import { sessionsFeature } from "#features/sessions/index";
import { tenantsFeature } from "#features/tenants/index";
import { usersFeature } from "#features/users/index";
import { defineFeature } from "#platform/feature";
import { AdministrationResolver } from "./administration.resolver.ts";
import { AdministrationService } from "./administration.service.ts";
import { MAILS } from "./mails/index.ts";
import { OperatorsService } from "./operators.service.ts";
import { TenantDirectoryResolver } from "./tenant-directory.resolver.ts";
import { TenantSuspensionResolver } from "./tenant-suspension.resolver.ts";
import { TenantSuspensionService } from "./tenant-suspension.service.ts";
import { UserDeletion } from "./user-deletion.service.ts";
import { DirectoryResolver } from "./user-directory.resolver.ts";
import { UserDirectory } from "./user-directory.service.ts";

/** Lets admins manage the users of their tenant, and operators all users. */
export const administrationFeature = defineFeature({
  name: "administration",
  uses: [auditFeature, tenantsFeature, usersFeature, linksFeature, sessionsFeature, challengesFeature],
  mails: MAILS,
  services: (deps) => ({
    administration: new AdministrationService(deps),
    userDeletion: new UserDeletion(deps),
    tenantSuspension: new TenantSuspensionService(deps),
    directory: new UserDirectory(deps),
    operators: new OperatorsService(deps),
  }),
  resolvers: (deps) => [
    new AdministrationResolver(deps),
    new DirectoryResolver(deps),
    new TenantDirectoryResolver(deps),
    new TenantSuspensionResolver(deps),
  ],
});
