import { Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import { Device } from "../../platform/schema/common.graphql.ts";
import type { RequestContext } from "../../platform/schema/context.ts";
import type { DevicesService } from "./devices.service.ts";

@Resolver(() => Device)
export class DevicesResolver {
  readonly #devices: DevicesService;

  constructor({ devices }: { devices: DevicesService }) {
    this.#devices = devices;
  }

  @FieldResolver(() => Boolean, {
    description:
      "Whether the user confirmed this device as their own: by a second factor or by mail, with `trustDevice`.",
  })
  async trusted(@Root() { deviceId }: Device, @Ctx() { loaders }: RequestContext): Promise<boolean> {
    if (!deviceId) return false;
    const device = await loaders.of(this.#devices.byIds).load(deviceId);
    return device?.trustedAt != null;
  }
}
