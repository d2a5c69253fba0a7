import { administrationFeature } from "#features/administration/index";
import { auditFeature } from "#features/audit/index";
import { membershipsFeature } from "#features/memberships/index";
import { securityHistoryFeature } from "#features/security-history/index";
import { sessionsFeature } from "#features/sessions/index";
import { tenantsFeature } from "#features/tenants/index";
import { usersFeature } from "#features/users/index";
import { defineFeature, defineSettings } from "#platform/feature";
import { setting } from "#platform/setting-docs";
import { count } from "#platform/setting-kinds";
import { ExportDownloads } from "./export-downloads.ts";
import { ExportRunner, WRITE_EXPORT } from "./export-runner.ts";
import { exportNodes } from "./exports.nodes.ts";
import { ExportResolver, ExportsResolver, TenantExportsResolver } from "./exports.resolver.ts";
import { exportRoutes } from "./exports.routes.ts";
import { ExportsService } from "./exports.service.ts";

/** Exports the users or the security events of a tenant to files. */
export const exportsFeature = defineFeature({
  name: "exports",
  uses: [
    auditFeature,
    tenantsFeature,
    usersFeature,
    membershipsFeature,
    sessionsFeature,
    administrationFeature,
    securityHistoryFeature,
  ],
  config: defineSettings({
    variables: {
      EXPORT_HOURS: setting(count(1, 168).default(24), {
        subject: "Retention and exports",
        description: "How long the file of an export can be downloaded. It is stored in the database until then.",
        example: "48",
      }),
      EXPORT_MAX_ROWS: setting(count(1_000, 10_000_000).default(1_000_000), {
        subject: "Retention and exports",
        description: "The most rows of an export; a larger one fails.",
        example: "100000",
      }),
    },
    read: (env) => ({ settings: { exportHours: env.EXPORT_HOURS, exportMaxRows: env.EXPORT_MAX_ROWS } }),
  }),
  services: (deps) => {
    const { exportHours, exportMaxRows } = deps.config;
    const exports = new ExportsService(deps);
    return {
      exports,
      exportDownloads: new ExportDownloads({ ...deps, exports }),
      exportRunner: new ExportRunner({ ...deps, exportHours, exportMaxRows }),
    };
  },
  resolvers: (deps) => [new ExportsResolver(deps), new TenantExportsResolver(deps), new ExportResolver(deps)],
  nodes: ({ exports }) => [exportNodes(exports)],
  jobs: ({ exportRunner }) => ({
    tasks: { [WRITE_EXPORT]: exportRunner.run },
    recurring: { "expire-exports": { crontab: "*/10 * * * *", run: () => exportRunner.sweep() } },
  }),
  routes: ({ exportDownloads, authenticator, geoip, config }) => [
    (app) => exportRoutes(app, { exportDownloads, authenticator, geoip, corsOrigins: config.corsOrigins }),
  ],
});
