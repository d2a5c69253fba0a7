export { membersFeature } from "./feature.ts";
export { membershipAdded } from "./members.events.ts";
export { mayGrantRole } from "./members.policy.ts";
