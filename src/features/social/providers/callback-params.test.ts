import { describe, expect, it } from "vitest";
import { callbackUrl, expectedSender } from "./callback-params.ts";

const ISSUER = "https://id.acme.example";
const refused = expect.objectContaining({ code: "INVALID_TOKEN" });

describe("the issuer in the callback", () => {
  it("is exactly the provider's issuer, or absent", () => {
    expect(expectedSender({ issuer: ISSUER }, ISSUER)).toBe(ISSUER);
    expect(expectedSender({ issuer: ISSUER }, null)).toBeNull();
    for (const iss of ["", `${ISSUER}/`, "https://ID.acme.example", "https://id.another.example"])
      expect(() => expectedSender({ issuer: ISSUER }, iss)).toThrow(refused);
  });

  it("is required if the provider states that it always sends it", () => {
    const metadata = { issuer: ISSUER, authorization_response_iss_parameter_supported: true };
    expect(expectedSender(metadata, ISSUER)).toBe(ISSUER);
    expect(() => expectedSender(metadata, null)).toThrow(refused);
  });

  it("may be any Microsoft tenant if the discovery has the {tenantid} placeholder", () => {
    const issuer = "https://login.microsoftonline.com/{tenantid}/v2.0";
    const company = "https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0";
    expect(expectedSender({ issuer }, company)).toBe(issuer);
    for (const iss of [issuer, company.slice(0, -1), `${company}/x/v2.0`, "https://login.microsoftonline.com/v2.0", ""])
      expect(() => expectedSender({ issuer }, iss)).toThrow(refused);
  });
});

describe("the callback address", () => {
  const request = { redirectUri: "com.acme.app:/back", state: "s&t" };

  it("contains code, state and issuer, and no earlier parameters", () => {
    expect(callbackUrl(request, { code: "c=d" }, ISSUER).href).toBe(
      "com.acme.app:/back?code=c%3Dd&state=s%26t&iss=https%3A%2F%2Fid.acme.example",
    );
    const asked = { ...request, redirectUri: "https://app.example/back?code=old&response=jwt" };
    expect(callbackUrl(asked, { code: "new" }, null).href).toBe("https://app.example/back?code=new&state=s%26t");
  });

  it("is rejected without a code of valid length", () => {
    for (const code of ["", "c".repeat(4_097)]) expect(() => callbackUrl(request, { code }, null)).toThrow(refused);
    expect(() => callbackUrl(request, { code: "c".repeat(4_096) }, null)).not.toThrow();
  });
});
