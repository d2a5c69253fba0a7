import { describe, expect, it } from "vitest";
import type { LinkId, TenantId, UserId } from "../../shared/ids.ts";
import type { LinkPurpose, LinkRow } from "../links/index.ts";
import { admissionTo } from "./admission.policy.ts";

const HERE = "here" as TenantId;
const ELSEWHERE = "elsewhere" as TenantId;

const link = (purpose: LinkPurpose, tenantId: TenantId, id = "link"): LinkRow => ({
  id: id as LinkId,
  tenantId,
  userId: "user" as UserId,
  purpose,
  payload: {},
  createdAt: new Date(0),
  expiresAt: new Date(1),
  usedAt: null,
});

const MODES = ["OPEN", "APPROVAL", "INVITE_ONLY"] as const;
const BY_ITSELF = { OPEN: "PLAIN", APPROVAL: "ASK", INVITE_ONLY: "REFUSED" } as const;

describe("who has proved an address for the first time", () => {
  it.each(MODES)("is let in as everybody is, where nothing waits: %s", (registration) => {
    expect(admissionTo({ id: HERE, registration }, [])).toEqual({ kind: BY_ITSELF[registration] });
  });

  it.each(MODES)("is let in as invited by the newest invitation to the tenant: %s", (registration) => {
    const newest = link("invitation", HERE, "newest");
    const links = [link("invitation", ELSEWHERE), link("verify-email", HERE), newest, link("invitation", HERE)];
    expect(admissionTo({ id: HERE, registration }, links)).toEqual({ kind: "INVITED", link: newest });
  });

  it.each(MODES)("is let in where a link waits that would let in whoever reads the mail: %s", (registration) => {
    const links = [link("verify-email", ELSEWHERE), link("verify-email", HERE)];
    expect(admissionTo({ id: HERE, registration }, links)).toEqual({ kind: "PLAIN" });
  });

  it.each(MODES)(
    "has nothing from what leads to another tenant, or makes an admin of a company: %s",
    (registration) => {
      const links = [link("invitation", ELSEWHERE), link("verify-email", ELSEWHERE), link("activate", HERE)];
      expect(admissionTo({ id: HERE, registration }, links)).toEqual({ kind: BY_ITSELF[registration] });
    },
  );
});
