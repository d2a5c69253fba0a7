import type { NodeSource } from "../../platform/schema/node.ts";
import type { UsersService } from "./users.service.ts";

/** `node(id:)` for users. */
export const userNodes = (users: Pick<UsersService, "findVisible">): NodeSource => ({
  typename: "User",
  find: (viewer, id) => users.findVisible(viewer, id),
});
