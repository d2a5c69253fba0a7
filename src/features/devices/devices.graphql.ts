import { Field, Int, ObjectType } from "type-graphql";
import { Location } from "../../platform/schema/common.graphql.ts";
import { Node } from "../../platform/schema/node.ts";
import { DateTime } from "../../platform/schema/scalars.ts";
import type { DeviceDescription, PlaceName } from "../../shared/client.ts";
import type { TenantId, UserId } from "../../shared/ids.ts";

@ObjectType("TrustedDevice", {
  implements: Node,
  description: "A device that its user confirmed as his own. Visible with its user.",
})
export class TrustedDeviceType extends Node {
  userId!: UserId;
  tenantId!: TenantId;
  description!: DeviceDescription;

  @Field(() => DateTime, { description: "When it was confirmed." })
  trustedAt!: Date;

  @Field(() => DateTime, { description: "When the user last logged in from it." })
  lastUsedAt!: Date;

  @Field(() => Int, { description: "How often the user has logged in from it." })
  loginCount!: number;

  @Field(() => Location, {
    nullable: true,
    description: "Where the last login from it came from; null where the address tells no place.",
  })
  lastLocation!: PlaceName | null;
}
