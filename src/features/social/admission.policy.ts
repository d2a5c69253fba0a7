import type { TenantId } from "../../shared/ids.ts";
import type { LinkRow } from "../links/index.ts";
import type { RegistrationMode } from "../tenants/index.ts";

/**
 * How somebody gets into a tenant who has proved an address for the first time: invited, as everybody, once an admin has
 * approved, or not at all.
 */
export type Admission =
  | { readonly kind: "INVITED"; readonly link: LinkRow }
  | { readonly kind: "PLAIN" }
  | { readonly kind: "ASK" }
  | { readonly kind: "REFUSED" };

/**
 * What the tenant grants that the visitor named. `links` are those that wait for a proof of the same address, the newest first;
 * one that leads elsewhere counts for nothing, for anybody can be the admin of a company. One that leads here would let in
 * whoever reads the mail, whatever the tenant asks of visitors by now: an admin may have approved.
 */
export const admissionTo = (
  { id, registration }: { readonly id: TenantId; readonly registration: RegistrationMode },
  links: readonly LinkRow[],
): Admission => {
  const here = links.filter(({ tenantId }) => tenantId === id);
  const link = here.find(({ purpose }) => purpose === "invitation");
  if (link) return { kind: "INVITED", link };
  if (registration === "OPEN" || here.some(({ purpose }) => purpose === "verify-email")) return { kind: "PLAIN" };
  return { kind: registration === "APPROVAL" ? "ASK" : "REFUSED" };
};
