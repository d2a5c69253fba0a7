import type { FieldError } from "#shared/errors";
import { validateCompanyName as anyCompanyNameFaults } from "#shared/names";
import type { Role } from "#shared/roles";

/** The roles of a tenant's first user. */
export const ADMIN_ROLES: readonly Role[] = ["USER", "ADMIN"];

const MAX_COMPANY_NAME_LENGTH = 200;

/** The faults of a company's name. Invitations show it to the invited users. */
export const validateCompanyName = (name: string, path: string): readonly FieldError[] =>
  anyCompanyNameFaults(name, path, MAX_COMPANY_NAME_LENGTH);
