import type { NodeSource } from "../../platform/schema/node.ts";
import type { DevicesService } from "./devices.service.ts";

/** `node(id:)` for trusted devices. */
export const trustedDeviceNodes = (devices: Pick<DevicesService, "findVisibleTrusted">): NodeSource => ({
  typename: "TrustedDevice",
  find: (viewer, id) => devices.findVisibleTrusted(viewer, id),
});
