export { DevicesResolver } from "./devices.resolver.ts";
export { DevicesService, type RecognisedDevice } from "./devices.service.ts";
export { devices } from "./devices.table.ts";
export { createClient, describeUserAgent } from "./user-agent.ts";
