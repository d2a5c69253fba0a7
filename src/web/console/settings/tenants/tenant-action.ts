import type { ListedTenantFragment } from "./tenants.documents.ts";

/** A change of a tenant that the user has chosen. */
export interface TenantAction {
  readonly kind: "domains" | "status";
  readonly tenant: ListedTenantFragment;
}
