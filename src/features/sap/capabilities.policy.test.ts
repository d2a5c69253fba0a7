import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { capabilitiesOf } from "./capabilities.policy.ts";

const available = (...services: readonly string[]) =>
  capabilitiesOf(services)
    .filter((capability) => capability.available)
    .map(({ name }) => name);

describe("capabilitiesOf", () => {
  it("lists every capability, available or not", () => {
    expect(capabilitiesOf([])).toEqual([
      { name: "SOD_ANALYSIS", available: false, services: [] },
      { name: "GL_ANOMALY", available: false, services: [] },
      { name: "INVOICE_MATCHING", available: false, services: [] },
    ]);
  });

  it.each([
    ["GRAC_ACCESS_RISK_SRV", "SOD_ANALYSIS"],
    ["/GRCPI/ACCESS_RISK_SRV", "SOD_ANALYSIS"],
    ["API_JOURNALENTRYITEMBASIC_SRV", "GL_ANOMALY"],
    ["API_OPLACCTGDOCITEMCUBE_SRV", "GL_ANOMALY"],
    ["API_GLACCOUNTLINEITEM", "GL_ANOMALY"],
    ["API_SUPPLIERINVOICE_PROCESS_SRV", "INVOICE_MATCHING"],
    ["MM_SUPPLIER_INVOICE_MANAGE", "INVOICE_MATCHING"],
  ])("maps the service %s to %s", (service, capability) => {
    expect(available(service)).toEqual([capability]);
  });

  it.each(["ZAPI_JOURNALENTRYITEMBASIC_SRV", "YAPI_JOURNALENTRYITEMBASIC_SRV", "/ACME/API_JOURNALENTRYITEMBASIC_SRV"])(
    "accepts a customer prefix: %s",
    (service) => {
      expect(available(service)).toEqual(["GL_ANOMALY"]);
    },
  );

  it.each([
    "API_JOURNALENTRYITEMBASIC_SRV_OLD",
    "XAPI_GLACCOUNTLINEITEM",
    "MY_GRAC_SRV",
    "API_SALES_ORDER_SRV",
    "GRAC",
  ])("ignores services with a similar name: %s", (service) => {
    expect(available(service)).toEqual([]);
  });

  it("lists the services of a capability, sorted", () => {
    const [, ledger] = capabilitiesOf(["ZSALES", "API_OPLACCTGDOCITEMCUBE_SRV", "API_GLACCOUNTLINEITEM"]);
    expect(ledger?.services).toEqual(["API_GLACCOUNTLINEITEM", "API_OPLACCTGDOCITEMCUBE_SRV"]);
  });

  it("lists only existing services, for any names", () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (services) => {
        for (const capability of capabilitiesOf(services)) {
          expect(capability.available).toBe(capability.services.length > 0);
          for (const service of capability.services) expect(services).toContain(service);
        }
      }),
    );
  });
});
