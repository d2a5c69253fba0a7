import { Field, ID, InputType, Int, ObjectType } from "type-graphql";
import { AtMost } from "#platform/schema/bounds";
import { Device, describedEnum, Location } from "#platform/schema/common.graphql";
import { connectionOf, DateTimeRange } from "#platform/schema/connection";
import { Node } from "#platform/schema/node";
import { DateTime, IPAddress } from "#platform/schema/scalars";
import type { DeviceDescription, GeoLabel } from "#shared/client-info";
import type { LoginAttemptId } from "#shared/ids";
import type { RiskAssessment, RiskLevel, RiskSignalKind } from "#shared/risk";
import type { LoginOutcome } from "../flow/login.policy.ts";

export const LoginOutcomeEnum = describedEnum<LoginOutcome>("LoginOutcome", "The outcome of a login attempt.", {
  SUCCESS: "A session was opened.",
  FAILED: "The identifier or the password was wrong, or the account may not log in.",
  CHALLENGED: "The first factor (password or provider) was valid; a second factor or a confirmation was required.",
  LOCKED: "Rejected without verification, because too many attempts had failed before.",
  DENIED: "The owner of the account denied the login: it was not theirs.",
});

export const RiskLevelEnum = describedEnum<RiskLevel>("RiskLevel", "How unusual a login is, by its score.", {
  LOW: "Below 30.",
  MEDIUM: "30 to 39: allowed, a second factor is recommended.",
  ELEVATED: "40 to 69: must be confirmed by mail if the user has no second factor.",
  HIGH: "70 and more: needs a second factor.",
});

export const RiskSignalKindEnum = describedEnum<RiskSignalKind>(
  "RiskSignalKind",
  "What makes a login unusual, or usual.",
  {
    NEW_DEVICE: "The user has not logged in from this device before.",
    NEW_LOCATION: "No login from this city or region in 180 days.",
    FAR_FROM_HOME: "More than 500 km from all locations that the user has logged in from.",
    RECENT_FAILURES: "Three or more failed logins in 24 hours.",
    UNUSUAL_TIME: "An hour of the day in which the user has not logged in before.",
    ANONYMOUS_NETWORK: "A hosting, VPN, proxy or Tor network.",
    SUSPICIOUS_IP: "The address was part of a login that a user of the same tenant denied.",
    IMPOSSIBLE_TRAVEL: "The distance from the last login is too far to travel in the time between.",
    DORMANT: "The user has not logged in for more than 90 days.",
    GOOD_HISTORY: "A known device with many successful logins; lowers the score.",
  },
);

@ObjectType("RiskSignal", { description: "One reason for a risk score." })
export class RiskSignalType {
  @Field(() => RiskSignalKindEnum, { description: "The kind of signal." })
  kind!: RiskSignalKind;

  @Field(() => Int, { description: "The points that it adds to the score; negative if it lowers the score." })
  points!: number;
}

@ObjectType("RiskAssessment", {
  description:
    "How unusual a login is, and why. The score is 0 if the login was rejected before the risk was assessed.",
})
export class RiskAssessmentType implements RiskAssessment {
  @Field(() => Int, { description: "The sum of the signals' points, not below 0." })
  score!: number;

  @Field(() => RiskLevelEnum, { description: "The level of the score." })
  level!: RiskLevel;

  @AtMost(10)
  @Field(() => [RiskSignalType], { description: "The signals that make up the score." })
  signals!: readonly RiskSignalType[];
}

@ObjectType("LoginAttempt", { implements: Node, description: "A login attempt with its outcome." })
export class LoginAttemptType implements Node {
  id!: LoginAttemptId;

  @Field(() => String, {
    description:
      "The e-mail address or username as entered, in lower case. If it matches no user: `unknown:` and a digest, the same " +
      "one for the same text, because it may be a password entered in the wrong field.",
  })
  identifier!: string;

  @Field(() => LoginOutcomeEnum, { description: "The outcome." })
  outcome!: LoginOutcome;

  @Field(() => RiskAssessmentType, { description: "How unusual the login was." })
  risk!: RiskAssessment;

  @Field(() => IPAddress, { description: "The address it came from." })
  ipAddress!: string;

  @Field(() => Device, { description: "The device it came from." })
  device!: DeviceDescription;

  @Field(() => Location, { nullable: true, description: "The location of the address; null if unknown." })
  location!: GeoLabel | null;

  @Field(() => DateTime, { description: "When it happened." })
  occurredAt!: Date;
}

export const LoginAttemptConnection = connectionOf(LoginAttemptType, "LoginAttempt");

@InputType({ description: "Filters login attempts of a user. An attempt must match all given fields." })
export class UserLoginAttemptFilter {
  @Field(() => LoginOutcomeEnum, { nullable: true, description: "Only attempts with this outcome." })
  outcome?: LoginOutcome | null;

  @Field(() => RiskLevelEnum, { nullable: true, description: "Only attempts with this risk level." })
  riskLevel?: RiskLevel | null;

  @Field(() => IPAddress, { nullable: true, description: "Only attempts from this IP address." })
  ipAddress?: string | null;

  @Field(() => DateTimeRange, { nullable: true, description: "Only attempts in this period." })
  occurredAt?: DateTimeRange | null;
}

@InputType({ description: "Filters login attempts. An attempt must match all given fields." })
export class LoginAttemptFilter extends UserLoginAttemptFilter {
  @Field(() => ID, { nullable: true, description: "Only attempts to log in as this user." })
  userId?: string | null;
}
