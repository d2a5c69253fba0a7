import { tenantsFeature } from "#features/tenants/index";
import { usersFeature } from "#features/users/index";
import { defineFeature, defineSettings } from "#platform/feature";
import { setting } from "#platform/setting-docs";
import { list } from "#platform/setting-kinds";
import { isOwnResource, PERMISSION_FORM } from "#shared/permissions";
import { membershipNodes, roleNodes } from "./memberships.nodes.ts";
import {
  MembershipsResolver,
  RolesResolver,
  TenantMembershipsResolver,
  UserMembershipsResolver,
} from "./memberships.resolver.ts";
import { MembershipsService } from "./memberships.service.ts";
import { MAX_DECLARED, PermissionCatalogue } from "./permission-catalogue.ts";
import { ViewerResolver } from "./viewer.resolver.ts";

/** Memberships of users in tenants, with roles. */
export const membershipsFeature = defineFeature({
  name: "memberships",
  uses: [tenantsFeature, usersFeature],
  config: defineSettings({
    variables: {
      PERMISSIONS: setting(
        list
          .refine((permissions) => permissions.length <= MAX_DECLARED, `use at most ${MAX_DECLARED}`)
          .refine(
            (permissions) => permissions.every((permission) => PERMISSION_FORM.test(permission)),
            "each must be resource:action in lower case, for example orders:read,orders:write",
          )
          // A role with a declared `installation:operate` would have it in `scope`; services would mistake its holder for an operator.
          .refine(
            (permissions) => !permissions.some(isOwnResource),
            "resources of Portcullis itself, such as users or installation, are reserved (docs/permissions.md)",
          )
          .optional(),
        {
          subject: "Keys and tokens",
          description:
            "Permissions of other services, which roles can contain and access tokens carry (`scope`). None can use a resource of Portcullis itself (`users:`, `installation:`); see [permissions](permissions.md).",
          example: "orders:read,orders:write",
          value: "`resource:action`, separated by commas",
        },
      ),
    },
    read: (env) => ({ settings: { declaredPermissions: env.PERMISSIONS ?? [] } }),
  }),
  services: ({ config, db }) => {
    const permissionCatalogue = new PermissionCatalogue({ declared: config.declaredPermissions });
    return { permissionCatalogue, memberships: new MembershipsService({ db, permissionCatalogue }) };
  },
  resolvers: (deps) => [
    new MembershipsResolver(deps),
    new RolesResolver(deps),
    new UserMembershipsResolver(deps),
    new TenantMembershipsResolver(deps),
    new ViewerResolver(deps),
  ],
  nodes: ({ memberships }) => [membershipNodes(memberships), roleNodes(memberships)],
});
