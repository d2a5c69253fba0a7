import { Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import { Device } from "#platform/schema/common.graphql";
import type { RequestContext } from "#platform/schema/context";
import type { DevicesService } from "./devices.service.ts";

@Resolver(() => Device)
export class DevicesResolver {
  constructor(private readonly deps: { devices: DevicesService }) {}

  @FieldResolver(() => Boolean, {
    description:
      "Whether the user confirmed this device as their own, by a second factor or by mail, with `trustDevice`.",
  })
  async trusted(@Root() { deviceId }: Device, @Ctx() { loaders }: RequestContext): Promise<boolean> {
    if (!deviceId) return false;
    const device = await loaders.of(this.deps.devices.byIds).load(deviceId);
    return device?.trustedAt != null;
  }
}
