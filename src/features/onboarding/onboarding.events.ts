import type { SecurityEventDraft } from "#features/audit/index";
import type { Client } from "#shared/client";
import type { TenantId } from "#shared/ids";

/** A tenant was set up; its admin's address is not verified yet. The event has no subject user. */
export const tenantOnboarded = (tenantId: TenantId, client: Client): SecurityEventDraft => ({
  type: "TENANT_ONBOARDED",
  tenantId,
  userId: null,
  client,
});
