import { Arg, Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import { type Tenant, TenantType } from "#features/tenants/index";
import { RequiresPermission } from "#platform/schema/access";
import type { SignedIn } from "#platform/schema/context";
import { DateTime } from "#platform/schema/scalars";
import {
  AdoptedFactorCounts,
  LoginOutcomeCounts,
  RiskLevelCounts,
  StatisticsBucket,
  StatisticsIntervalEnum,
  TenantStatistics,
} from "./statistics.graphql.ts";
import type { Interval } from "./statistics.policy.ts";
import type { Bucket, Statistics, StatisticsService } from "./statistics.service.ts";

@Resolver(() => TenantType)
export class TenantStatisticsResolver {
  constructor(private readonly deps: { readonly statistics: StatisticsService }) {}

  @RequiresPermission("statistics:read")
  @FieldResolver(() => TenantStatistics, {
    nullable: true,
    description:
      "Logins, users and second factors over time, at most 400 buckets. Counted every few minutes: see `countedUntil`. Null with an error " +
      "if the caller may not see them.",
  })
  async statistics(
    @Root() { id }: Tenant,
    @Arg("from", () => DateTime, { description: "The first bucket is the one that contains this instant." }) from: Date,
    @Arg("to", () => DateTime, { description: "Buckets that start at this instant or later are excluded." }) to: Date,
    @Arg("interval", () => StatisticsIntervalEnum, { description: "The size of the buckets." }) interval: Interval,
    @Ctx() { viewer }: SignedIn,
  ): Promise<Statistics> {
    return this.deps.statistics.of(viewer, id, { from, to, interval });
  }
}

/** The groups of counts within a bucket. */
@Resolver(() => StatisticsBucket)
export class StatisticsBucketResolver {
  @FieldResolver(() => LoginOutcomeCounts, { description: "Login attempts by outcome." })
  logins(@Root() bucket: Bucket): LoginOutcomeCounts {
    return bucket;
  }

  @FieldResolver(() => RiskLevelCounts, { description: "Login attempts by risk level." })
  riskLevels(@Root() { riskLow, riskMedium, riskElevated, riskHigh }: Bucket): RiskLevelCounts {
    return { low: riskLow, medium: riskMedium, elevated: riskElevated, high: riskHigh };
  }

  @FieldResolver(() => AdoptedFactorCounts, { description: "Second factors that users set up." })
  factorsAdopted(@Root() { totpEnabled, passkeysAdded }: Bucket): AdoptedFactorCounts {
    return { totp: totpEnabled, passkey: passkeysAdded };
  }
}
