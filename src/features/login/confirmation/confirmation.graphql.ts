import { Field, ID, InputType, ObjectType } from "type-graphql";
import type { PendingLoginStatus } from "#features/challenges/index";
import { Device, describedEnum, Location } from "#platform/schema/common.graphql";
import { DateTime } from "#platform/schema/scalars";
import type { Place } from "#shared/client";
import type { SessionId } from "#shared/ids";

export const PendingLoginStatusEnum = describedEnum<PendingLoginStatus>(
  "PendingLoginStatus",
  "Where an unfinished login stands.",
  {
    WAITING: "For its user to confirm it by mail, or to prove a second factor.",
    CONFIRMED: "It was the user: call `resumeLogin`.",
    DENIED: "The user denied it: the login has ended.",
    EXPIRED: "Over: too late, finished already, or the account changed meanwhile. Log in again.",
  },
);

@ObjectType("PendingLogin", { description: "A login that has begun and not ended." })
export class PendingLoginType {
  @Field(() => PendingLoginStatusEnum, { description: "Where it stands." })
  status!: PendingLoginStatus;

  @Field(() => DateTime, { description: "Until when it can be finished." })
  expiresAt!: Date;
}

@InputType({ description: "'Yes, it was me', to the mail about an unusual login." })
export class ConfirmLoginInput {
  @Field(() => String, { description: "The `token` in the link's address." })
  token!: string;

  @Field(() => String, {
    description:
      "The two digits that the waiting client shows (LoginConfirmationRequired.number), as the user typed them: spaces do not matter, and digits may " +
      "be those of any script. Never fill them in for the user.",
  })
  number!: string;

  @Field(() => Boolean, {
    defaultValue: false,
    description:
      "Whether the waiting device is the user's own (Device.trusted). Ask with a tick box that is empty at first. The device is known from now on in any case.",
  })
  trustDevice!: boolean;
}

@InputType({ description: "'No, that was not me', to a mail about a login or a session." })
export class DenyLoginInput {
  @Field(() => String, { description: "The `token` in the link's address." })
  token!: string;
}

@ObjectType({ description: "The login that was confirmed." })
export class ConfirmLoginPayload {
  @Field(() => Device, { description: "The device that waits: known from now on, and trusted if the user said so." })
  device!: Device;

  @Field(() => Location, { nullable: true, description: "Where the address is; null if unknown." })
  location!: Place | null;
}

@ObjectType({ description: "What was done about a login that was not the user's." })
export class DenyLoginPayload {
  @Field(() => [ID], { description: "The ids of the sessions that ended: all there were." })
  endedSessionIds!: readonly SessionId[];

  @Field(() => Boolean, {
    description: "Whether the password must be reset before the next login; the link was mailed.",
  })
  passwordResetRequired!: boolean;
}

@InputType({ description: "The login that waits." })
export class CheckPendingLoginInput {
  @Field(() => String, { description: "The challenge that `login` returned." })
  challenge!: string;
}

@ObjectType({ description: "The state of an unfinished login." })
export class CheckPendingLoginPayload {
  @Field(() => PendingLoginType, { description: "The login as it is now." })
  pendingLogin!: PendingLoginType;
}

@InputType({ description: "The login that was confirmed." })
export class ResumeLoginInput {
  @Field(() => String, { description: "LoginConfirmationRequired.challenge." })
  challenge!: string;
}
