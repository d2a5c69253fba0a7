export { DevicesService, type ResolvedDevice } from "./devices.service.ts";
export { devices } from "./devices.table.ts";
export { devicesFeature } from "./feature.ts";
export { asObserved, observedDevice } from "./observed-device.ts";
export { createClient, nameDevice } from "./user-agent.ts";
