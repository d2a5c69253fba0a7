import { auditFeature } from "#features/audit/index";
import { loginFeature } from "#features/login/index";
import { tenantsFeature } from "#features/tenants/index";
import { defineFeature, defineSettings } from "#platform/feature";
import { setting } from "#platform/setting-docs";
import { count } from "#platform/setting-kinds";
import { StatisticsRollUp } from "./roll-up.service.ts";
import { StatisticsBucketResolver, TenantStatisticsResolver } from "./statistics.resolver.ts";
import { StatisticsService } from "./statistics.service.ts";

/** Counts logins, users and second factors of each tenant over time. */
export const statisticsFeature = defineFeature({
  name: "statistics",
  uses: [auditFeature, tenantsFeature, loginFeature],
  config: defineSettings({
    variables: {
      STATISTICS_DAYS: setting(count(31, 3_650).default(1_100), {
        subject: "Retention and exports",
        description:
          "How long the statistics of tenants are kept, in whole months: a month is deleted when all of it is older.",
        example: "400",
      }),
    },
    read: (env) => ({ settings: { statisticsDays: env.STATISTICS_DAYS } }),
  }),
  services: ({ db, clock, config }) => ({
    statistics: new StatisticsService({ db }),
    statisticsRollUp: new StatisticsRollUp({ db, clock, statisticsDays: config.statisticsDays }),
  }),
  resolvers: (deps) => [new TenantStatisticsResolver(deps), new StatisticsBucketResolver()],
  jobs: ({ statisticsRollUp }) => ({
    recurring: {
      "roll-up-statistics": { crontab: "*/5 * * * *", run: () => statisticsRollUp.run() },
      "drop-statistics": { crontab: "43 3 * * *", run: () => statisticsRollUp.sweep() },
    },
  }),
});
