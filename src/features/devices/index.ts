export { trustedDeviceNodes } from "./devices.node.ts";
export { DevicesResolver } from "./devices.resolver.ts";
export { DevicesService, type RecognisedDevice } from "./devices.service.ts";
export { devices } from "./devices.table.ts";
export { asObserved, observedDevice } from "./observed-device.ts";
export { TrustedDevicesResolver, UserTrustedDevicesResolver } from "./trusted-devices.resolver.ts";
export { createClient, nameDevice } from "./user-agent.ts";
