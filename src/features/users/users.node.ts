import type { EntitySource } from "#platform/schema/federation";
import type { UsersService } from "./users.service.ts";

/** `node(id:)` and `_entities` for users. */
export const userNodes = (users: Pick<UsersService, "findVisible" | "listVisible">): EntitySource => ({
  typename: "User",
  find: (viewer, id) => users.findVisible(viewer, id),
  list: (viewer, ids) => users.listVisible(viewer, ids),
});
