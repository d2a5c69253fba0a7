import { defineEvent } from "#platform/transaction-events";
import type { TenantId } from "#shared/ids";

/** The first admin of a new company has proved their address: the company opens. */
export const tenantActivated = defineEvent<{ readonly tenantId: TenantId }>("tenantActivated");
