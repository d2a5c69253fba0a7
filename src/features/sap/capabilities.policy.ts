export type Capability = "SOD_ANALYSIS" | "GL_ANOMALY" | "INVOICE_MATCHING";

/** Whether a tenant's SAP system offers the services that a capability needs, and which ones. */
export interface TenantCapability {
  readonly name: Capability;
  readonly available: boolean;
  readonly services: string[];
}

/**
 * Any of these services makes the capability available; `*` matches any suffix. The names are defined by SAP: APIs of S/4HANA
 * (journal entries, supplier invoices), services of its apps (MM_SUPPLIER_INVOICE), and the prefixes of SAP Access Control and
 * its plug-in (GRAC, /GRCPI/). Which of them a capability requires is Portcullis's choice.
 */
const SERVICES_OF: Readonly<Record<Capability, readonly string[]>> = {
  SOD_ANALYSIS: ["GRAC_*", "/GRCPI/*"],
  GL_ANOMALY: ["API_JOURNALENTRYITEMBASIC_SRV", "API_OPLACCTGDOCITEMCUBE_SRV", "API_GLACCOUNTLINEITEM"],
  INVOICE_MATCHING: ["API_SUPPLIERINVOICE_PROCESS_SRV", "MM_SUPPLIER_INVOICE_*"],
};

/**
 * Activating a service in SAP prefixes its technical name with the customer's prefix: Z or Y, or a reserved namespace (/ACME/).
 * It is still the same SAP service.
 */
const CUSTOMER_PREFIX = "(?:/\\w{3,10}/)?[YZ]?_?";

const toRegExp = (pattern: string): RegExp => new RegExp(`^${CUSTOMER_PREFIX}${pattern.replaceAll("*", "\\S*")}$`, "i");

const CAPABILITIES = Object.entries(SERVICES_OF).map(([name, patterns]) => ({
  name: name as Capability,
  patterns: patterns.map(toRegExp),
}));

/** Returns every capability, available or not, for a system with these services. */
export const capabilitiesOf = (services: readonly string[]): TenantCapability[] =>
  CAPABILITIES.map(({ name, patterns }) => {
    const found = services.filter((service) => patterns.some((pattern) => pattern.test(service)));
    return { name, available: found.length > 0, services: found.toSorted() };
  });
