import { Arg, Ctx, FieldResolver, ID, Mutation, Resolver, Root } from "type-graphql";
import { AtMost } from "../../platform/schema/bounds.ts";
import { DeletePayload, Device } from "../../platform/schema/common.graphql.ts";
import type { RequestContext, SignedIn } from "../../platform/schema/context.ts";
import { type User, UserType } from "../users/index.ts";
import { TrustedDeviceType } from "./devices.graphql.ts";
import { type DevicesService, MOST_DEVICES, type TrustedDevice } from "./devices.service.ts";

@Resolver(() => TrustedDeviceType)
export class TrustedDevicesResolver {
  readonly #devices: DevicesService;

  constructor({ devices }: { devices: DevicesService }) {
    this.#devices = devices;
  }

  @Mutation(() => DeletePayload, {
    description:
      "Forgets an own trusted device: the next login from it is one from a new device. Its sessions go on (deleteSession ends them). " +
      "NOT_FOUND where it is not the caller's.",
  })
  async removeTrustedDevice(
    @Arg("id", () => ID, { description: "The trusted device's id." }) id: string,
    @Ctx() { viewer }: SignedIn,
  ): Promise<DeletePayload> {
    return { deletedId: await this.#devices.removeTrusted(viewer, id) };
  }

  @FieldResolver(() => Device, { description: "The device as it was at its last login." })
  device(@Root() { description, id }: TrustedDevice): Device {
    return { ...description, deviceId: id };
  }
}

/** What trusted devices add to the user. */
@Resolver(() => UserType)
export class UserTrustedDevicesResolver {
  readonly #devices: DevicesService;

  constructor({ devices }: { devices: DevicesService }) {
    this.#devices = devices;
  }

  @AtMost(MOST_DEVICES)
  @FieldResolver(() => [TrustedDeviceType], {
    description: "The devices that the user confirmed as his own, the one used last first.",
  })
  trustedDevices(@Root() { id }: User, @Ctx() { loaders }: RequestContext) {
    return loaders.of(this.#devices.trustedOfUsers).load(id);
  }
}
