import { Field, Int, ObjectType } from "type-graphql";
import { AtMost } from "#platform/schema/bounds";
import { describedEnum } from "#platform/schema/common.graphql";
import { DateTime } from "#platform/schema/scalars";
import { type Interval, MAX_BUCKETS } from "./statistics.policy.ts";

export const StatisticsIntervalEnum = describedEnum<Interval>("StatisticsInterval", "The size of a bucket, in UTC.", {
  HOUR: "A full hour.",
  DAY: "A day from midnight UTC.",
  WEEK: "A week from Monday, midnight UTC (ISO 8601).",
  MONTH: "A calendar month.",
});

@ObjectType({ description: "Login attempts by outcome, as `loginAttempts` lists them." })
export class LoginOutcomeCounts {
  @Field(() => Int, { description: "Attempts with the outcome SUCCESS." })
  success!: number;

  @Field(() => Int, { description: "Attempts with the outcome FAILED." })
  failed!: number;

  @Field(() => Int, {
    description: "Attempts with the outcome CHALLENGED. If the login is completed, it also counts as a success.",
  })
  challenged!: number;

  @Field(() => Int, { description: "Recorded attempts with the outcome LOCKED; a flood of attempts is not recorded." })
  locked!: number;

  @Field(() => Int, { description: "Attempts with the outcome DENIED." })
  denied!: number;
}

@ObjectType({
  description:
    "Login attempts by risk level. LOCKED and DENIED attempts are excluded, because their risk was not assessed.",
})
export class RiskLevelCounts {
  @Field(() => Int, { description: "Attempts of level LOW." })
  low!: number;

  @Field(() => Int, { description: "Attempts of level MEDIUM." })
  medium!: number;

  @Field(() => Int, { description: "Attempts of level ELEVATED." })
  elevated!: number;

  @Field(() => Int, { description: "Attempts of level HIGH." })
  high!: number;
}

@ObjectType({ description: "How many second factors users set up." })
export class AdoptedFactorCounts {
  @Field(() => Int, { description: "The number of times that TOTP was enabled. Replacing the app does not count." })
  totp!: number;

  @Field(() => Int, { description: "How many passkeys were added. A user may have several." })
  passkey!: number;
}

@ObjectType({ description: "The statistics of one hour, day, week or month." })
export class StatisticsBucket {
  @Field(() => DateTime, { description: "The start of the bucket." })
  from!: Date;

  @Field(() => DateTime, { description: "The end of the bucket: the start of the next one." })
  to!: Date;

  @Field(() => Int, {
    description:
      "Users who logged in at least once during the bucket. An exact count of distinct users; do not sum it over buckets, because the " +
      "same user counts in each. Users who only continue a session do not count.",
  })
  activeUsers!: number;

  @Field(() => Int, {
    description: "Users created in the tenant (USER_REGISTERED); some may have been deleted since.",
  })
  newUsers!: number;
}

@ObjectType({ description: "Statistics of a tenant." })
export class TenantStatistics {
  @Field(() => StatisticsIntervalEnum, { description: "The size of the buckets." })
  interval!: Interval;

  @Field(() => DateTime, {
    nullable: true,
    description: "Everything before this instant is counted. Null if nothing has been counted yet.",
  })
  countedUntil!: Date | null;

  @AtMost(MAX_BUCKETS)
  @Field(() => [StatisticsBucket], {
    description: "All buckets that overlap the period, oldest first; with zeros if there was no activity.",
  })
  buckets!: readonly StatisticsBucket[];
}
