import { defineEvent } from "#platform/transaction-events";
import type { TenantId } from "#shared/ids";

/** The first admin of a new tenant has verified their address. The tenant becomes active. */
export const tenantActivated = defineEvent<{ readonly tenantId: TenantId }>("tenantActivated");
