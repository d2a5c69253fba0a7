export { knownDeviceNodes } from "./devices.node.ts";
export { DevicesResolver } from "./devices.resolver.ts";
export { DevicesService, type RecognisedDevice } from "./devices.service.ts";
export { devices } from "./devices.table.ts";
export { KnownDevicesResolver, UserDevicesResolver } from "./known-devices.resolver.ts";
export { asObserved, observedDevice } from "./observed-device.ts";
export { createClient, nameDevice } from "./user-agent.ts";
