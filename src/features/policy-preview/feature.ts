import { auditFeature } from "#features/audit/index";
import { loginFeature } from "#features/login/index";
import { membershipsFeature } from "#features/memberships/index";
import { registrationFeature } from "#features/registration/index";
import { sessionsFeature } from "#features/sessions/index";
import { tenantsFeature } from "#features/tenants/index";
import { usersFeature } from "#features/users/index";
import { defineFeature } from "#platform/feature";
import { PolicyPreviewResolver } from "./policy-preview.resolver.ts";
import { PolicyPreviews } from "./policy-preview.service.ts";

/** Shows admins the effect of a security policy before it applies. */
export const policyPreviewFeature = defineFeature({
  name: "policy-preview",
  uses: [
    auditFeature,
    tenantsFeature,
    usersFeature,
    membershipsFeature,
    sessionsFeature,
    registrationFeature,
    loginFeature,
  ],
  services: ({ db, clock, limits }) => ({ policyPreviews: new PolicyPreviews({ db, clock, limits }) }),
  resolvers: (deps) => [new PolicyPreviewResolver(deps)],
});
