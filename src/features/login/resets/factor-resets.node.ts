import type { NodeSource } from "#platform/schema/node";
import type { AdminFactorResets } from "./admin-factor-resets.service.ts";

/** `node(id:)` for resets of second factors. */
export const factorResetNodes = (resets: Pick<AdminFactorResets, "findVisible">): NodeSource => ({
  typename: "FactorReset",
  find: (viewer, id) => resets.findVisible(viewer, id),
});
