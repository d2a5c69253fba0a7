import { describe, expect, it } from "vitest";
import { jitProvisioningFor } from "./jit-provisioning.policy.ts";

const MODES = ["OPEN", "APPROVAL", "INVITE_ONLY"] as const;
const BY_ITSELF = { OPEN: "ADMITTED", APPROVAL: "ASK", INVITE_ONLY: "REFUSED" } as const;
const NOTHING = { invited: false, approved: false };

describe("the admission of a verified address without a user", () => {
  it.each(MODES)("follows the tenant's registration mode without an invitation or approval: %s", (registration) => {
    expect(jitProvisioningFor({ registration }, NOTHING)).toEqual({ kind: BY_ITSELF[registration] });
  });

  it.each(MODES)("is granted by an invitation to the tenant: %s", (registration) => {
    expect(jitProvisioningFor({ registration }, { ...NOTHING, invited: true })).toEqual({ kind: "ADMITTED" });
  });

  it.each(MODES)("is granted by an approval of the tenant: %s", (registration) => {
    expect(jitProvisioningFor({ registration }, { ...NOTHING, approved: true })).toEqual({ kind: "ADMITTED" });
  });
});
