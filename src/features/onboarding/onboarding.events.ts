import type { SecurityEventDraft } from "#features/audit/index";
import type { ClientInfo } from "#shared/client-info";
import type { TenantId } from "#shared/ids";

/** A tenant was set up; its admin's address is not verified yet. The event has no subject user. */
export const tenantOnboarded = (tenantId: TenantId, client: ClientInfo): SecurityEventDraft => ({
  type: "TENANT_ONBOARDED",
  tenantId,
  userId: null,
  client,
});
