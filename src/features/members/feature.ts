import { administrationFeature } from "#features/administration/index";
import { auditFeature } from "#features/audit/index";
import { membershipsFeature } from "#features/memberships/index";
import { sessionsFeature } from "#features/sessions/index";
import { tenantsFeature } from "#features/tenants/index";
import { defineFeature } from "#platform/feature";
import { HomesResolver } from "./homes.resolver.ts";
import { HomesService } from "./homes.service.ts";
import { MAILS } from "./mails/index.ts";
import { MembersResolver } from "./members.resolver.ts";
import { MembersService } from "./members.service.ts";
import { MembershipChangeResolver, MembershipChangeSubscription } from "./membership-changes.resolver.ts";
import { RolesService } from "./roles.service.ts";

/** The operations of admins on the members and roles of their tenant, and of users on their own memberships. */
export const membersFeature = defineFeature({
  name: "members",
  uses: [auditFeature, tenantsFeature, membershipsFeature, sessionsFeature, administrationFeature],
  mails: MAILS,
  services: (deps) => ({
    homes: new HomesService(deps),
    members: new MembersService(deps),
    roles: new RolesService(deps),
  }),
  resolvers: (deps) => [
    new MembersResolver(deps),
    new HomesResolver(deps),
    new MembershipChangeSubscription(deps),
    new MembershipChangeResolver(deps),
  ],
});
