import { auditFeature } from "#features/audit/index";
import { incidentsFeature } from "#features/incidents/index";
import { sessionsFeature } from "#features/sessions/index";
import { tenantsFeature } from "#features/tenants/index";
import { usersFeature } from "#features/users/index";
import { defineFeature } from "#platform/feature";
import "./event-kinds.graphql.ts";
import { TenantSecurityEventsResolver, UserSecurityEventsResolver } from "./security-event-lists.resolver.ts";
import { SecurityEventUserResolver } from "./security-event-user.resolver.ts";
import { securityEventNodes } from "./security-events.node.ts";
import { SecurityEventsResolver } from "./security-events.resolver.ts";
import { SecurityHistory } from "./security-history.ts";

/** Shows the audit log to users and admins. */
export const securityHistoryFeature = defineFeature({
  name: "security-history",
  uses: [auditFeature, tenantsFeature, usersFeature, sessionsFeature, incidentsFeature],
  services: ({ db, users }) => ({ history: new SecurityHistory({ db, users }) }),
  resolvers: (deps) => [
    new SecurityEventsResolver(deps),
    new SecurityEventUserResolver(deps),
    new UserSecurityEventsResolver(deps),
    new TenantSecurityEventsResolver(deps),
  ],
  nodes: ({ history }) => [securityEventNodes(history)],
});
