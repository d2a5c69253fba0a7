import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from "type-graphql";
import { type User, UserType } from "#features/users/index";
import { AtMost } from "#platform/schema/bounds";
import { Device } from "#platform/schema/common.graphql";
import type { RequestContext, SignedIn } from "#platform/schema/context";
import { Fails } from "#platform/schema/errors";
import { requireSight } from "#shared/access-policy";
import { KnownDeviceType, RemoveDeviceInput, RemoveDevicePayload } from "./devices.graphql.ts";
import { type DevicesService, type KnownDevice, MAX_DEVICES } from "./devices.service.ts";

@Resolver(() => KnownDeviceType)
export class KnownDevicesResolver {
  constructor(private readonly deps: { devices: DevicesService }) {}

  @Fails("NOT_FOUND")
  @Mutation(() => RemoveDevicePayload, {
    description:
      "Forgets one of the caller's devices: its next login counts as one from a new device. Its sessions continue (deleteSession " +
      "ends them).",
  })
  async removeDevice(
    @Arg("input", () => RemoveDeviceInput, { description: "The device." }) { knownDeviceId }: RemoveDeviceInput,
    @Ctx() { viewer }: SignedIn,
  ): Promise<RemoveDevicePayload> {
    return { deletedKnownDeviceId: await this.deps.devices.remove(viewer, knownDeviceId) };
  }

  @FieldResolver(() => Device, { description: "The device as it was at its last login." })
  device(@Root() { description, id }: KnownDevice): Device {
    return { ...description, deviceId: id };
  }
}

/** The known-device fields of a user. */
@Resolver(() => UserType)
export class UserDevicesResolver {
  constructor(private readonly deps: { devices: DevicesService }) {}

  @AtMost(MAX_DEVICES)
  @FieldResolver(() => [KnownDeviceType], {
    nullable: true,
    description:
      "All known devices of the user, the most recently used first, trusted or not. A login from one of them is " +
      "not a login from a new device. `removeDevice` forgets one. Null with an error if the caller may not list them.",
  })
  async devices(@Root() { id, tenantId }: User, @Ctx() { loaders, viewer }: RequestContext) {
    requireSight(viewer, { userId: id, tenantId }, "sessions:read");
    return loaders.of(this.deps.devices.ofUsers).load(id);
  }
}
