import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { capabilitiesOf } from "./capabilities.policy.ts";

const available = (...services: readonly string[]) =>
  capabilitiesOf(services)
    .filter((capability) => capability.available)
    .map(({ name }) => name);

describe("a system's capabilities", () => {
  it("are all named, available or not", () => {
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
  ])("come of its services: %s is of %s", (service, capability) => {
    expect(available(service)).toEqual([capability]);
  });

  it.each(["ZAPI_JOURNALENTRYITEMBASIC_SRV", "YAPI_JOURNALENTRYITEMBASIC_SRV", "/ACME/API_JOURNALENTRYITEMBASIC_SRV"])(
    "come of it, too, where the customer's prefix stands before: %s",
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
  ])("do not come of what is only called alike: %s", (service) => {
    expect(available(service)).toEqual([]);
  });

  it("name the services they come of, in order", () => {
    const [, ledger] = capabilitiesOf(["ZSALES", "API_OPLACCTGDOCITEMCUBE_SRV", "API_GLACCOUNTLINEITEM"]);
    expect(ledger?.services).toEqual(["API_GLACCOUNTLINEITEM", "API_OPLACCTGDOCITEMCUBE_SRV"]);
  });

  it("name only services that are there, whatever they are called", () => {
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
