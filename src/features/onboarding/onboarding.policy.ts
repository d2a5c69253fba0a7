import type { FieldFault } from "#shared/errors";
import { companyNameFaults as anyCompanyNameFaults } from "#shared/names";
import type { Role } from "#shared/roles";

/** What the first person of a company may do. */
export const ADMIN_ROLES: readonly Role[] = ["USER", "ADMIN"];

const MAX_COMPANY_NAME_LENGTH = 200;

/** What is wrong with a company's name, which invitations tell to whoever is invited. */
export const companyNameFaults = (name: string, path: string): readonly FieldFault[] =>
  anyCompanyNameFaults(name, path, MAX_COMPANY_NAME_LENGTH);
