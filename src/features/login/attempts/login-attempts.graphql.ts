import { Field, ID, InputType, Int, ObjectType } from "type-graphql";
import { AtMost } from "#platform/schema/bounds";
import { Device, describedEnum, Location } from "#platform/schema/common.graphql";
import { connectionOf, DateTimeRange } from "#platform/schema/connection";
import { Node } from "#platform/schema/node";
import { DateTime, IPAddress } from "#platform/schema/scalars";
import type { DeviceDescription, PlaceName } from "#shared/client";
import type { LoginAttemptId } from "#shared/ids";
import type { RiskAssessment, RiskLevel, RiskSignalKind } from "#shared/risk";
import type { LoginOutcome } from "../flow/login.policy.ts";

export const LoginOutcomeEnum = describedEnum<LoginOutcome>("LoginOutcome", "What an attempt to log in came to.", {
  SUCCESS: "A session began.",
  FAILED: "The identifier or the password was wrong, or the account may not log in.",
  CHALLENGED: "The password was right, or a provider said who it was; a second factor or a confirmation was asked for.",
  LOCKED: "Refused unseen: too many attempts had failed before.",
  DENIED: "The owner of the account said that it was somebody else.",
});

export const RiskLevelEnum = describedEnum<RiskLevel>("RiskLevel", "How unusual a login is, by its score.", {
  LOW: "Below 30.",
  MEDIUM: "30 to 39: allowed, a second factor is recommended.",
  ELEVATED: "40 to 69: to be confirmed by mail where there is no second factor.",
  HIGH: "70 and more: needs a second factor.",
});

export const RiskSignalKindEnum = describedEnum<RiskSignalKind>(
  "RiskSignalKind",
  "What makes a login unusual, or usual.",
  {
    NEW_DEVICE: "The user has not logged in from this device before.",
    NEW_LOCATION: "No login from this city or region in 180 days.",
    FAR_FROM_HOME: "More than 500 km from all places that the user has logged in from.",
    RECENT_FAILURES: "Three or more failed logins in 24 hours.",
    UNUSUAL_TIME: "An hour of the day at which the user has not logged in before.",
    ANONYMOUS_NETWORK: "A hosting, VPN, proxy or Tor network.",
    SUSPICIOUS_IP: "The address was part of a login that a user of the same tenant denied.",
    IMPOSSIBLE_TRAVEL: "Nobody travels that fast since the last login.",
    DORMANT: "The user has not logged in for more than 90 days.",
    GOOD_HISTORY: "A known device with many good logins; lowers the score.",
  },
);

@ObjectType("RiskSignal", { description: "One reason for a risk score." })
export class RiskSignalType {
  @Field(() => RiskSignalKindEnum, { description: "What was seen." })
  kind!: RiskSignalKind;

  @Field(() => Int, { description: "What it adds to the score; negative where it lowers it." })
  points!: number;
}

@ObjectType("RiskAssessment", {
  description: "How unusual a login is, and why. 0 where it was refused before anything was weighed.",
})
export class RiskAssessmentType implements RiskAssessment {
  @Field(() => Int, { description: "The sum of the signals' points, not below 0." })
  score!: number;

  @Field(() => RiskLevelEnum, { description: "What the score amounts to." })
  level!: RiskLevel;

  @AtMost(10)
  @Field(() => [RiskSignalType], { description: "What the score is made of." })
  signals!: readonly RiskSignalType[];
}

@ObjectType("LoginAttempt", { implements: Node, description: "One attempt to log in, whatever came of it." })
export class LoginAttemptType implements Node {
  id!: LoginAttemptId;

  @Field(() => String, {
    description:
      "The e-mail address or username that was typed, in lower case. If it matches no user: `unknown:` and a digest, the same " +
      "one for the same text, because it may be a password typed into the wrong field.",
  })
  identifier!: string;

  @Field(() => LoginOutcomeEnum, { description: "What it came to." })
  outcome!: LoginOutcome;

  @Field(() => RiskAssessmentType, { description: "How unusual it was." })
  risk!: RiskAssessment;

  @Field(() => IPAddress, { description: "The address it came from." })
  ipAddress!: string;

  @Field(() => Device, { description: "The device it came from." })
  device!: DeviceDescription;

  @Field(() => Location, { nullable: true, description: "Where the address is. Null where nobody knows." })
  location!: PlaceName | null;

  @Field(() => DateTime, { description: "When it was." })
  occurredAt!: Date;
}

export const LoginAttemptConnection = connectionOf(LoginAttemptType, "LoginAttempt");

@InputType({ description: "Which login attempts of a user to list: those that meet all that is given." })
export class UserLoginAttemptFilter {
  @Field(() => LoginOutcomeEnum, { nullable: true, description: "With this outcome." })
  outcome?: LoginOutcome | null;

  @Field(() => RiskLevelEnum, { nullable: true, description: "Of this risk." })
  riskLevel?: RiskLevel | null;

  @Field(() => IPAddress, { nullable: true, description: "From this address." })
  ipAddress?: string | null;

  @Field(() => DateTimeRange, { nullable: true, description: "In this period." })
  occurredAt?: DateTimeRange | null;
}

@InputType({ description: "Which login attempts to list: those that meet all that is given." })
export class LoginAttemptFilter extends UserLoginAttemptFilter {
  @Field(() => ID, { nullable: true, description: "Of this user." })
  userId?: string | null;
}
