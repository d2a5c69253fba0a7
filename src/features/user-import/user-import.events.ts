import type { SecurityEventDraft } from "#features/audit/index";
import type { TenantId, UserId } from "#shared/ids";

/** The user was imported from another system. */
export const userImported = (user: { readonly id: UserId; readonly tenantId: TenantId }): SecurityEventDraft => ({
  type: "USER_REGISTERED",
  tenantId: user.tenantId,
  userId: user.id,
  details: { imported: true },
});
