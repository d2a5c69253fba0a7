import type { NodeSource } from "#platform/schema/node";
import type { ExportsService } from "./exports.service.ts";

/** `node(id:)` for exports. */
export const exportNodes = (exports: Pick<ExportsService, "findVisible">): NodeSource => ({
  typename: "Export",
  find: (viewer, id) => exports.findVisible(viewer, id),
});
