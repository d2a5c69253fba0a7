import { auditFeature } from "#features/audit/index";
import { passwordsFeature } from "#features/passwords/index";
import { tenantsFeature } from "#features/tenants/index";
import { defineFeature } from "#platform/feature";
import { UserImportService } from "./user-import.service.ts";

/** Users of another system, with their password hashes. */
export const userImportFeature = defineFeature({
  name: "user-import",
  uses: [auditFeature, tenantsFeature, passwordsFeature],
  services: (deps) => ({ userImport: new UserImportService(deps) }),
});
