import type { RegistrationMode } from "#features/tenants/index";

/**
 * How a person with a verified address that has no user is admitted to a tenant: immediately, after an admin's approval, or not at
 * all.
 */
export type JitProvisioning = { readonly kind: "ADMITTED" | "ASK" | "REFUSED" };

/**
 * Decides the admission to the tenant named by the visitor. An invitation or an approval of the same tenant admits the address,
 * whatever its current registration mode. Those of other tenants do not count, because anyone can become the admin of a tenant.
 */
export const jitProvisioningFor = (
  { registration }: { readonly registration: RegistrationMode },
  { invited, approved }: { readonly invited: boolean; readonly approved: boolean },
): JitProvisioning => {
  if (invited || approved || registration === "OPEN") return { kind: "ADMITTED" };
  return { kind: registration === "APPROVAL" ? "ASK" : "REFUSED" };
};
