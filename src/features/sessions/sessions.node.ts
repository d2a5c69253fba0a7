import type { EntitySource } from "#platform/schema/federation";
import type { SessionsService } from "./sessions.service.ts";

/** `node(id:)` and `_entities` for sessions. */
export const sessionNodes = (sessions: Pick<SessionsService, "findVisible" | "listVisible">): EntitySource => ({
  typename: "Session",
  find: (viewer, id) => sessions.findVisible(viewer, id),
  list: (viewer, ids) => sessions.listVisible(viewer, ids),
});
