import { auditFeature } from "#features/audit/index";
import { tenantsFeature } from "#features/tenants/index";
import { defineFeature, defineSettings } from "#platform/feature";
import { setting } from "#platform/setting-docs";
import { count } from "#platform/setting-kinds";
import { SECOND } from "#shared/durations";
import { SapResolver } from "./sap.resolver.ts";
import { SapService } from "./sap.service.ts";
import { SapGateway } from "./sap-gateway.ts";

/** The SAP system of a tenant. */
export const sapFeature = defineFeature({
  name: "sap",
  uses: [auditFeature, tenantsFeature],
  config: defineSettings({
    variables: {
      SAP_UNREACHABLE_SECONDS: setting(count(0, 10).default(10), {
        subject: "Outgoing requests",
        description:
          "The minimum duration of a request to an address that is not an SAP system, so that timing does not reveal which internal names exist.",
        example: "5",
      }),
    },
    /** Duration of an SAP_UNREACHABLE response, in milliseconds. Constant, so that timing does not reveal internal host names. */
    read: (env) => ({ settings: { sapUnreachableTime: env.SAP_UNREACHABLE_SECONDS * SECOND } }),
  }),
  services: (deps) => {
    const { sapUnreachableTime: unreachableTime } = deps.config;
    return { sap: new SapService({ ...deps, gateway: new SapGateway(deps), unreachableTime }) };
  },
  resolvers: (deps) => [new SapResolver(deps)],
  jobs: ({ sap }) => ({ recurring: { "refresh-sap-profiles": { crontab: "43 3 * * *", run: () => sap.refresh() } } }),
});
