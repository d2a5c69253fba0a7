import type { NodeSource } from "#platform/schema/node";
import type { LoginAttemptsService } from "./login-attempts.service.ts";

/** `node(id:)` for login attempts. */
export const loginAttemptNodes = (attempts: Pick<LoginAttemptsService, "findVisible">): NodeSource => ({
  typename: "LoginAttempt",
  find: (viewer, id) => attempts.findVisible(viewer, id),
});
