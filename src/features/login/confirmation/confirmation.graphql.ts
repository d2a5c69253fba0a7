import { Field, ID, InputType, ObjectType } from "type-graphql";
import type { PendingLoginStatus } from "#features/challenges/index";
import { Device, describedEnum, Location } from "#platform/schema/common.graphql";
import { DateTime } from "#platform/schema/scalars";
import type { GeoLocation } from "#shared/client-info";
import type { SessionId } from "#shared/ids";

export const PendingLoginStatusEnum = describedEnum<PendingLoginStatus>(
  "PendingLoginStatus",
  "The status of an unfinished login.",
  {
    WAITING: "It waits for its user to confirm it by mail, or to complete a second factor.",
    CONFIRMED: "The user confirmed it: call `resumeLogin`.",
    DENIED: "The user denied it: the login has ended.",
    EXPIRED: "It is over: expired, completed, or invalidated by a change of the account. Log in again.",
  },
);

@ObjectType("PendingLogin", { description: "An unfinished login." })
export class PendingLoginType {
  @Field(() => PendingLoginStatusEnum, { description: "The status of the login." })
  status!: PendingLoginStatus;

  @Field(() => DateTime, { description: "Until when it can be completed." })
  expiresAt!: Date;
}

@InputType({ description: "The answer 'Yes, it was me' to the mail about an unusual login." })
export class ConfirmLoginInput {
  @Field(() => String, { description: "The `token` in the link's address." })
  token!: string;

  @Field(() => String, {
    description:
      "The two digits that the waiting client shows (LoginConfirmationRequired.number), as entered by the user. Spaces are ignored, and digits " +
      "of any script are accepted. Never fill them in for the user.",
  })
  number!: string;

  @Field(() => Boolean, {
    defaultValue: false,
    description:
      "Whether to trust the waiting device (Device.trusted). Ask with a check box that is unchecked by default. The device becomes known in any case.",
  })
  trustDevice!: boolean;
}

@InputType({ description: "The answer 'No, that was not me' to a mail about a login or a session." })
export class DenyLoginInput {
  @Field(() => String, { description: "The `token` in the link's address." })
  token!: string;
}

@InputType({ description: "The link in the mail about an unusual login." })
export class CheckLoginLinkInput {
  @Field(() => String, { description: "The `token` in the link's address." })
  token!: string;
}

@ObjectType({ description: "A login that waits for its user's answer, as the server observed it." })
export class WaitingLogin {
  @Field(() => String, { description: "The browser and the system, derived from the User-Agent: Firefox on Windows." })
  device!: string;

  @Field(() => String, { description: "The IP address." })
  ipAddress!: string;

  @Field(() => Location, { nullable: true, description: "The location of the address; null if unknown." })
  location!: GeoLocation | null;

  @Field(() => DateTime, { description: "When the password was accepted." })
  startedAt!: Date;

  @Field(() => DateTime, { description: "Until when the login can be confirmed." })
  expiresAt!: Date;
}

@ObjectType({ description: "What a link in the mail about an unusual login leads to." })
export class CheckLoginLinkPayload {
  @Field(() => WaitingLogin, {
    nullable: true,
    description: "Null for unknown, used and expired links alike, and if the login no longer waits.",
  })
  login!: WaitingLogin | null;
}

@ObjectType({ description: "The login that was confirmed." })
export class ConfirmLoginPayload {
  @Field(() => Device, { description: "The waiting device. It is now known, and trusted if the user chose so." })
  device!: Device;

  @Field(() => Location, { nullable: true, description: "The location of the address; null if unknown." })
  location!: GeoLocation | null;
}

@ObjectType({ description: "The consequences of a denied login." })
export class DenyLoginPayload {
  @Field(() => [ID], { description: "The ids of the sessions that were ended: all sessions of the user." })
  endedSessionIds!: readonly SessionId[];

  @Field(() => Boolean, {
    description: "Whether the password must be reset before the next login. The link was mailed.",
  })
  passwordResetRequired!: boolean;
}

@InputType({ description: "The unfinished login." })
export class CheckPendingLoginInput {
  @Field(() => String, { description: "The challenge that `login` returned." })
  challenge!: string;
}

@ObjectType({ description: "The state of an unfinished login." })
export class CheckPendingLoginPayload {
  @Field(() => PendingLoginType, { description: "The current state of the login." })
  pendingLogin!: PendingLoginType;
}

@InputType({ description: "The confirmed login." })
export class ResumeLoginInput {
  @Field(() => String, { description: "LoginConfirmationRequired.challenge." })
  challenge!: string;
}
