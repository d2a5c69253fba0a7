import { tenantsFeature } from "#features/tenants/index";
import { usersFeature } from "#features/users/index";
import { defineFeature, defineSettings } from "#platform/feature";
import { list } from "#platform/setting-kinds";
import { PERMISSION_FORM } from "#shared/permissions";
import { PermissionCatalogue } from "./permission-catalogue.ts";

/** Which users belong to which tenants, and with which roles. */
export const membershipsFeature = defineFeature({
  name: "memberships",
  uses: [tenantsFeature, usersFeature],
  config: defineSettings({
    variables: {
      PERMISSIONS: list
        .refine(
          (permissions) => permissions.every((permission) => PERMISSION_FORM.test(permission)),
          "each is resource:action, in lower case: orders:read,orders:write",
        )
        .default([]),
    },
    read: (env) => ({ settings: { declaredPermissions: env.PERMISSIONS } }),
  }),
  services: ({ config }) => ({
    permissionCatalogue: new PermissionCatalogue({ declared: config.declaredPermissions }),
  }),
});
