import { eq, inArray, type SQL } from "drizzle-orm";
import type { AnyPgColumn } from "drizzle-orm/pg-core";
import type { TenantScope } from "#shared/access-policy";

/** The condition that restricts a query to the viewer's tenants; undefined for operators. */
export const inScope = (tenantId: AnyPgColumn, scope: TenantScope): SQL | undefined =>
  scope === "ALL" ? undefined : typeof scope === "string" ? eq(tenantId, scope) : inArray(tenantId, [...scope]);
