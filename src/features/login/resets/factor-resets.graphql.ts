import { Field, ID, InputType, ObjectType } from "type-graphql";
import { describedEnum } from "#platform/schema/common.graphql";
import { connectionOf, DateTimeRange } from "#platform/schema/connection";
import { Node } from "#platform/schema/node";
import { DateTime } from "#platform/schema/scalars";
import type { FactorResetId } from "#shared/ids";
import type { FactorReset } from "./admin-factor-resets.service.ts";
import type { FactorResetOrigin, FactorResetStatus } from "./factor-resets.policy.ts";

@InputType({ description: "A login whose user has lost all second factors." })
export class RequestFactorResetInput {
  @Field(() => String, { description: "SecondFactorRequired.challenge." })
  challenge!: string;
}

@ObjectType({ description: "The waiting period has started." })
export class RequestFactorResetPayload {
  @Field(() => DateTime, {
    description:
      "When the second factors will be reset, unless the owner stops it. After that, log in again: the login needs a mailed code.",
  })
  dueAt!: Date;
}

export const FactorResetStatusEnum = describedEnum<FactorResetStatus>(
  "FactorResetStatus",
  "The state of a reset of second factors.",
  {
    WAITING: "It will be carried out at `dueAt`, unless it is cancelled or approved before.",
    DONE: "The factors were reset.",
    CANCELLED:
      "Nothing was reset: the user stopped it, a newer reset replaced it, or the admin who requested it lost the permission.",
  },
);

export const FactorResetOriginEnum = describedEnum<FactorResetOrigin>(
  "FactorResetOrigin",
  "Who requested a reset of second factors.",
  {
    USER: "The user, with requestFactorReset: it waits 72 hours and cannot be approved.",
    ADMIN: "An admin or operator, with resetSecondFactors: it waits 24 hours, and a second one can approve it.",
    SERVER: "The command line on the server: it does not wait.",
  },
);

@ObjectType("FactorReset", {
  implements: Node,
  description:
    "A reset of a user's lost second factors. Callers with `factors:reset` in the user's home tenant see it, and the user while it is waiting.",
})
export class FactorResetType implements Node {
  id!: FactorResetId;

  @Field(() => FactorResetStatusEnum, { description: "Whether it is waiting, or how it ended." })
  status!: FactorResetStatus;

  @Field(() => FactorResetOriginEnum, { description: "Who requested it." })
  origin!: FactorResetOrigin;

  @Field(() => DateTime, { description: "When it was requested." })
  requestedAt!: Date;

  @Field(() => DateTime, { description: "When it will be carried out, or would have been, without an approval." })
  dueAt!: Date;

  @Field(() => DateTime, { nullable: true, description: "When it was carried out; null if it was not." })
  doneAt!: Date | null;

  @Field(() => DateTime, { nullable: true, description: "When it was cancelled; null if it was not." })
  cancelledAt!: Date | null;
}

export const FactorResetConnection = connectionOf(FactorResetType, "FactorReset");

@InputType({ description: "Filters resets. A reset must match all given fields." })
export class FactorResetFilter {
  @Field(() => FactorResetStatusEnum, { nullable: true, description: "Only resets with this status." })
  status?: FactorResetStatus | null;

  @Field(() => DateTimeRange, { nullable: true, description: "Only resets requested in this period." })
  requestedAt?: DateTimeRange | null;
}

@InputType({ description: "The user whose second factors are lost." })
export class ResetSecondFactorsInput {
  @Field(() => ID, { description: "The user; not the caller." })
  userId!: string;
}

@ObjectType({ description: "The waiting reset." })
export class ResetSecondFactorsPayload {
  @Field(() => FactorResetType, {
    description: "The reset, WAITING. An existing one if an admin had already requested it.",
  })
  factorReset!: FactorReset;
}

@InputType({ description: "The reset to approve." })
export class ApproveFactorResetInput {
  @Field(() => ID, { description: "A WAITING reset that another admin has requested." })
  factorResetId!: string;
}

@ObjectType({ description: "The reset after the approval." })
export class ApproveFactorResetPayload {
  @Field(() => FactorResetType, { description: "The reset, DONE." })
  factorReset!: FactorReset;
}

@InputType({ description: "The reset to stop." })
export class CancelFactorResetInput {
  @Field(() => String, { description: "The `token` in the link's address." })
  token!: string;
}

@ObjectType({ description: "The reset was stopped." })
export class CancelFactorResetPayload {
  @Field(() => ID, { description: "The id of the reset that was stopped." })
  cancelledFactorResetId!: FactorResetId;
}

@ObjectType({ description: "The reset was stopped." })
export class CancelOwnFactorResetPayload extends CancelFactorResetPayload {}
