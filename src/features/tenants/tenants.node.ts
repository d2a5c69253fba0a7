import type { NodeSource } from "../../platform/schema/node.ts";
import type { TenantsService } from "./tenants.service.ts";

/** `node(id:)` for tenants. */
export const tenantNodes = (tenants: Pick<TenantsService, "findVisible">): NodeSource => ({
  typename: "Tenant",
  find: (viewer, id) => tenants.findVisible(viewer, id),
});
