import type { NodeSource } from "#platform/schema/node";
import type { SecurityHistory } from "./security-history.ts";

/** `node(id:)` for security events. */
export const securityEventNodes = (history: Pick<SecurityHistory, "findVisible">): NodeSource => ({
  typename: "SecurityEvent",
  find: (viewer, id) => history.findVisible(viewer, id),
});
