import { pgTable, text, uuid } from "drizzle-orm/pg-core";
import { tenants } from "#features/tenants/tenants.table";
import { bytea } from "#platform/database/columns";
import { valueChecks } from "#platform/database/value-checks";
import type { TenantId } from "#shared/ids";
import { LOGO_TYPES } from "./logo-image.ts";

/** How login pages present a tenant. A tenant without a row uses the look of the installation. */
export const tenantBrands = pgTable(
  "tenant_brands",
  {
    tenantId: uuid("tenant_id")
      .$type<TenantId>()
      .primaryKey()
      .references(() => tenants.id, { onDelete: "cascade" }),
    name: text("name"),
    /** `#rrggbb`. */
    color: text("color"),
    logo: bytea("logo"),
    logoType: text("logo_type", { enum: LOGO_TYPES }),
    /** The SHA-256 digest of the logo, in hexadecimal: a part of its URL. Null without a logo. */
    logoHash: text("logo_hash"),
  },
  valueChecks,
);
