import { defineFeature } from "#platform/feature";
import { knownDeviceNodes } from "./devices.node.ts";
import { DevicesResolver } from "./devices.resolver.ts";
import { DevicesService } from "./devices.service.ts";
import { KnownDevicesResolver, UserDevicesResolver } from "./known-devices.resolver.ts";

/** The devices that users have logged in from. */
export const devicesFeature = defineFeature({
  name: "devices",
  services: ({ db, clock, ids }) => ({ devices: new DevicesService({ db, clock, ids }) }),
  resolvers: (deps) => [new DevicesResolver(deps), new KnownDevicesResolver(deps), new UserDevicesResolver(deps)],
  nodes: ({ devices }) => [knownDeviceNodes(devices)],
  jobs: ({ devices }) => ({ recurring: { "sweep-devices": { crontab: "37 2 * * *", run: () => devices.sweep() } } }),
});
