import type { RegistrationMode } from "#features/tenants/index";

/**
 * How somebody gets into a tenant who has proved an address that has no user: at once, after an admin has approved, or not at
 * all.
 */
export type Admission = { readonly kind: "ADMITTED" | "ASK" | "REFUSED" };

/**
 * What the tenant grants that the visitor named. An invitation or an approval of the same tenant lets the address in, whatever
 * the tenant asks of visitors by now; those of other tenants count for nothing, for anybody can be the admin of a company.
 */
export const admissionTo = (
  { registration }: { readonly registration: RegistrationMode },
  { invited, approved }: { readonly invited: boolean; readonly approved: boolean },
): Admission => {
  if (invited || approved || registration === "OPEN") return { kind: "ADMITTED" };
  return { kind: registration === "APPROVAL" ? "ASK" : "REFUSED" };
};
