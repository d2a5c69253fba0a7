import { Field, ID, InputType, Int, ObjectType } from "type-graphql";
import { Location } from "#platform/schema/common.graphql";
import { Node } from "#platform/schema/node";
import { DateTime } from "#platform/schema/scalars";
import type { DeviceDescription, GeoLabel } from "#shared/client-info";
import type { DeviceId, TenantId, UserId } from "#shared/ids";

@ObjectType("KnownDevice", {
  implements: Node,
  description: "A device that its user has logged in from. It has a device token. Visible with its user.",
})
export class KnownDeviceType extends Node {
  userId!: UserId;
  tenantId!: TenantId;
  description!: DeviceDescription;

  @Field(() => DateTime, {
    nullable: true,
    description:
      "When the user confirmed the device as their own, by a second factor or by mail, with `trustDevice`. Null if not confirmed.",
  })
  trustedAt!: Date | null;

  @Field(() => DateTime, { description: "When the user first logged in from the device." })
  firstSeenAt!: Date;

  @Field(() => DateTime, { description: "When the user last logged in from the device." })
  lastUsedAt!: Date;

  @Field(() => Int, { description: "The number of logins from the device." })
  loginCount!: number;

  @Field(() => Location, {
    nullable: true,
    description: "The location of the last login from the device; null if unknown.",
  })
  lastLocation!: GeoLabel | null;
}

@InputType({ description: "The device to forget." })
export class RemoveDeviceInput {
  @Field(() => ID, { description: "The KnownDevice.id of one of the caller's devices." })
  knownDeviceId!: string;
}

@ObjectType({ description: "The device is forgotten." })
export class RemoveDevicePayload {
  @Field(() => ID, { description: "The id of the forgotten device." })
  deletedKnownDeviceId!: DeviceId;
}
