import type { NodeSource } from "../../platform/schema/node.ts";
import type { SessionsService } from "./sessions.service.ts";

/** `node(id:)` for sessions. */
export const sessionNodes = (sessions: Pick<SessionsService, "findVisible">): NodeSource => ({
  typename: "Session",
  find: (viewer, id) => sessions.findVisible(viewer, id),
});
