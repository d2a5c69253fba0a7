import type { Client } from "../../shared/client.ts";
import type { TenantId } from "../../shared/ids.ts";
import type { SecurityEventDraft } from "../audit/index.ts";

/** A company was set up; nobody has proved its admin's address yet. It is nobody's in particular. */
export const tenantOnboarded = (tenantId: TenantId, client: Client): SecurityEventDraft => ({
  type: "TENANT_ONBOARDED",
  tenantId,
  userId: null,
  client,
});
