import type { NodeSource } from "#platform/schema/node";
import type { DevicesService } from "./devices.service.ts";

/** `node(id:)` for known devices. */
export const knownDeviceNodes = (devices: Pick<DevicesService, "findVisible">): NodeSource => ({
  typename: "KnownDevice",
  find: (viewer, id) => devices.findVisible(viewer, id),
});
