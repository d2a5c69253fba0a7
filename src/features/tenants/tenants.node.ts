import type { EntitySource } from "#platform/schema/federation";
import type { TenantsService } from "./tenants.service.ts";

/** `node(id:)` and `_entities` for tenants. */
export const tenantNodes = (tenants: Pick<TenantsService, "findVisible" | "listVisible">): EntitySource => ({
  typename: "Tenant",
  find: (viewer, id) => tenants.findVisible(viewer, id),
  list: (viewer, ids) => tenants.listVisible(viewer, ids),
});
