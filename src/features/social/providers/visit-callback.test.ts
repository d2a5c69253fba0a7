import { describe, expect, it } from "vitest";
import { callbackUrl, expectedSender } from "./visit-callback.ts";

const ISSUER = "https://id.acme.example";
const refused = expect.objectContaining({ code: "INVALID_TOKEN" });

describe("who sent the browser back", () => {
  it("is the issuer, letter by letter, or nobody that is named", () => {
    expect(expectedSender({ issuer: ISSUER }, ISSUER)).toBe(ISSUER);
    expect(expectedSender({ issuer: ISSUER }, null)).toBeNull();
    for (const iss of ["", `${ISSUER}/`, "https://ID.acme.example", "https://id.another.example"])
      expect(() => expectedSender({ issuer: ISSUER }, iss)).toThrow(refused);
  });

  it("is named where the provider says that it always is", () => {
    const metadata = { issuer: ISSUER, authorization_response_iss_parameter_supported: true };
    expect(expectedSender(metadata, ISSUER)).toBe(ISSUER);
    expect(() => expectedSender(metadata, null)).toThrow(refused);
  });

  it("is any company of Microsoft's where its discovery names them all in one", () => {
    const issuer = "https://login.microsoftonline.com/{tenantid}/v2.0";
    const company = "https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0";
    expect(expectedSender({ issuer }, company)).toBe(issuer);
    for (const iss of [issuer, company.slice(0, -1), `${company}/x/v2.0`, "https://login.microsoftonline.com/v2.0", ""])
      expect(() => expectedSender({ issuer }, iss)).toThrow(refused);
  });
});

describe("the address that the browser came back to", () => {
  const visit = { redirectUri: "com.acme.app:/back", state: "s&t" };

  it("carries code, state and issuer, and nothing of what was there before", () => {
    expect(callbackUrl(visit, { code: "c=d" }, ISSUER).href).toBe(
      "com.acme.app:/back?code=c%3Dd&state=s%26t&iss=https%3A%2F%2Fid.acme.example",
    );
    const asked = { ...visit, redirectUri: "https://app.example/back?code=old&response=jwt" };
    expect(callbackUrl(asked, { code: "new" }, null).href).toBe("https://app.example/back?code=new&state=s%26t");
  });

  it("is not looked at without a code that could be one", () => {
    for (const code of ["", "c".repeat(4_097)]) expect(() => callbackUrl(visit, { code }, null)).toThrow(refused);
    expect(() => callbackUrl(visit, { code: "c".repeat(4_096) }, null)).not.toThrow();
  });
});
