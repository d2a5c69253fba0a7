import type { User } from "#features/users/index";
import { defineEvent } from "#platform/transaction-events";
import type { TenantId, UserId } from "#shared/ids";

/** A user lost a role or was suspended. Everything that depends on their rights ends. */
export const rightsLost = defineEvent<Pick<User, "id">>("rightsLost");

/** A user lost a role or the membership in this tenant. What depends on their rights there ends; other tenants are unaffected. */
export const rightsLostInTenant = defineEvent<{ readonly userId: UserId; readonly tenantId: TenantId }>(
  "rightsLostInTenant",
);
