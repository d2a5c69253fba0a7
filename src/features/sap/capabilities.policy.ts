export type Capability = "SOD_ANALYSIS" | "GL_ANOMALY" | "INVOICE_MATCHING";

/** Whether a tenant's SAP offers what a capability needs, and by which services. */
export interface TenantCapability {
  readonly name: Capability;
  readonly available: boolean;
  readonly services: string[];
}

/**
 * The services that make a capability available, any of them; `*` stands for whatever follows. The names are SAP's own: APIs
 * of S/4HANA (journal entries, supplier invoices), services of its apps (MM_SUPPLIER_INVOICE), and the prefixes of SAP Access
 * Control and of its plug-in (GRAC, /GRCPI/). Which of them a capability wants is ours to choose.
 */
const SERVICES_OF: Readonly<Record<Capability, readonly string[]>> = {
  SOD_ANALYSIS: ["GRAC_*", "/GRCPI/*"],
  GL_ANOMALY: ["API_JOURNALENTRYITEMBASIC_SRV", "API_OPLACCTGDOCITEMCUBE_SRV", "API_GLACCOUNTLINEITEM"],
  INVOICE_MATCHING: ["API_SUPPLIERINVOICE_PROCESS_SRV", "MM_SUPPLIER_INVOICE_*"],
};

/**
 * Activating a service gives its technical name the customer's prefix: Z or Y, or a reserved namespace (/ACME/). It is
 * SAP's service all the same.
 */
const CUSTOMER_PREFIX = "(?:/\\w{3,10}/)?[YZ]?_?";

const toRegExp = (pattern: string): RegExp => new RegExp(`^${CUSTOMER_PREFIX}${pattern.replaceAll("*", "\\S*")}$`, "i");

const CAPABILITIES = Object.entries(SERVICES_OF).map(([name, patterns]) => ({
  name: name as Capability,
  patterns: patterns.map(toRegExp),
}));

/** What a system that lists these services can be used for: every capability, available or not. */
export const capabilitiesOf = (services: readonly string[]): TenantCapability[] =>
  CAPABILITIES.map(({ name, patterns }) => {
    const found = services.filter((service) => patterns.some((pattern) => pattern.test(service)));
    return { name, available: found.length > 0, services: found.toSorted() };
  });
