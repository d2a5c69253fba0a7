import { Field, ID, InputType, Int, ObjectType } from "type-graphql";
import { Location } from "#platform/schema/common.graphql";
import { Node } from "#platform/schema/node";
import { DateTime } from "#platform/schema/scalars";
import type { DeviceDescription, PlaceName } from "#shared/client";
import type { DeviceId, TenantId, UserId } from "#shared/ids";

@ObjectType("KnownDevice", {
  implements: Node,
  description: "A device that its user has logged in from: it has a device token. Visible with its user.",
})
export class KnownDeviceType extends Node {
  userId!: UserId;
  tenantId!: TenantId;
  description!: DeviceDescription;

  @Field(() => DateTime, {
    nullable: true,
    description:
      "When the user confirmed it as their own: by a second factor or by mail, with `trustDevice`. Null if they did not.",
  })
  trustedAt!: Date | null;

  @Field(() => DateTime, { description: "When the user first logged in from it." })
  firstSeenAt!: Date;

  @Field(() => DateTime, { description: "When the user last logged in from it." })
  lastUsedAt!: Date;

  @Field(() => Int, { description: "How often the user has logged in from it." })
  loginCount!: number;

  @Field(() => Location, {
    nullable: true,
    description: "Where the last login from it came from; null if the address has no known place.",
  })
  lastLocation!: PlaceName | null;
}

@InputType({ description: "The device to forget." })
export class RemoveDeviceInput {
  @Field(() => ID, { description: "KnownDevice.id, of the caller's devices." })
  knownDeviceId!: string;
}

@ObjectType({ description: "The device is forgotten." })
export class RemoveDevicePayload {
  @Field(() => ID, { description: "The id of the device that was forgotten." })
  deletedKnownDeviceId!: DeviceId;
}
