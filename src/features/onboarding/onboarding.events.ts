import type { SecurityEventDraft } from "#features/audit/index";
import type { Client } from "#shared/client";
import type { TenantId } from "#shared/ids";

/** A company was set up; nobody has proved its admin's address yet. It is nobody's in particular. */
export const tenantOnboarded = (tenantId: TenantId, client: Client): SecurityEventDraft => ({
  type: "TENANT_ONBOARDED",
  tenantId,
  userId: null,
  client,
});
