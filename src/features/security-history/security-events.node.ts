import { typenameOf } from "#features/audit/index";
import type { NodeSource } from "#platform/schema/node";
import type { SecurityHistory } from "./security-history.ts";

/** `node(id:)` for security events; the type of the event determines the GraphQL type. */
export const securityEventNodes = (history: Pick<SecurityHistory, "findVisible">): NodeSource => ({
  typename: "SecurityEvent",
  find: async (viewer, id) => {
    const event = await history.findVisible(viewer, id);
    return event && { ...event, __typename: typenameOf(event.type) };
  },
});
