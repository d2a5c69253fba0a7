import { describe, expect, it } from "vitest";
import { acceptsOrigin, type RelyingPartySettings, readRelyingParty } from "./relying-party.ts";

const APP = `android:apk-key-hash:${"A".repeat(43)}`;

const read = (settings: Partial<RelyingPartySettings>) =>
  readRelyingParty({ publicUrl: "https://id.example.com", production: true, ...settings });

describe("the relying party", () => {
  it("is derived from the public URL by default", () => {
    expect(read({ publicUrl: "https://ID.Example.com:8443/auth" })).toEqual({
      relyingParty: { id: "id.example.com", origins: ["https://id.example.com:8443"] },
      faults: [],
    });
  });

  it("may be a parent domain, used from pages below it, and from apps", () => {
    const origins = ["https://app.example.com", "https://example.com:8443", APP];
    expect(read({ rpId: "example.com", origins })).toEqual({
      relyingParty: { id: "example.com", origins },
      faults: [],
    });
  });

  it("may be a name without a dot if that is the host, as in a private network", () => {
    expect(read({ publicUrl: "https://intranet" }).relyingParty?.id).toBe("intranet");
  });

  it.each(["https://203.0.113.7", "http://127.0.0.1:4000", "https://[2001:db8::1]", "http://id.example.com"])(
    "is null for %s, where browsers do not create passkeys",
    (publicUrl) => {
      expect(read({ publicUrl, production: false })).toEqual({ relyingParty: null, faults: [] });
    },
  );

  it.each<[Partial<RelyingPartySettings>, string]>([
    [{ rpId: "example.org" }, "PASSKEY_RP_ID: must be the host of PUBLIC_URL"],
    [{ rpId: "app.id.example.com" }, "PASSKEY_RP_ID: must be the host of PUBLIC_URL"],
    [{ rpId: "ample.com" }, "PASSKEY_RP_ID: must be the host of PUBLIC_URL"],
    [{ rpId: "com" }, "PASSKEY_RP_ID: must be a domain of your own"],
    [{ rpId: "0.113.7", publicUrl: "https://203.0.113.7" }, "PASSKEY_RP_ID: passkeys need a domain"],
    [{ origins: ["https://a.test"], publicUrl: "https://[::1]" }, "PASSKEY_RP_ID: passkeys need a domain"],
    [{ origins: ["https://app.example.com"] }, "PASSKEY_ORIGINS: the host of each"],
    [{ origins: ["https://id.example.com.evil.test"] }, "PASSKEY_ORIGINS: the host of each"],
    [{ origins: ["http://id.example.com"] }, "PASSKEY_ORIGINS: each must be https"],
    [{ origins: ["https://id.example.com/"] }, "PASSKEY_ORIGINS: each must be an origin as browsers write it"],
    [{ origins: ["https://ID.example.com"] }, "PASSKEY_ORIGINS: each must be an origin as browsers write it"],
    [{ origins: ["https://*.id.example.com"] }, "PASSKEY_ORIGINS: "],
    [{ origins: ["id.example.com"] }, "PASSKEY_ORIGINS: each must be an origin as browsers write it"],
    [{ origins: ["android:apk-key-hash:short"] }, "PASSKEY_ORIGINS: each must be an origin as browsers write it"],
    [{ rpId: "example.com", publicUrl: "http://id.example.com" }, "PASSKEY_ORIGINS: each must be https"],
  ])("is rejected as %j", (settings, fault) => {
    const { relyingParty, faults } = read(settings);
    expect({ relyingParty, faults }).toEqual({ relyingParty: null, faults: [expect.stringContaining(fault)] });
  });
});

describe("an origin", () => {
  const accepted = (settings: Partial<RelyingPartySettings>, origin: string) => {
    const { relyingParty } = read(settings);
    return relyingParty !== null && acceptsOrigin(relyingParty, origin);
  };

  it("is accepted only if it equals a configured one exactly", () => {
    const settings = { rpId: "example.com", origins: ["https://app.example.com", APP] };
    expect(accepted(settings, "https://app.example.com")).toBe(true);
    expect(accepted(settings, APP)).toBe(true);
    for (const other of ["https://id.example.com", "https://app.example.com:8443", "http://app.example.com", ""])
      expect(accepted(settings, other)).toBe(false);
  });

  const TRYING_OUT = { publicUrl: "http://localhost:4000", production: false };

  it("on localhost may have any port outside production", () => {
    expect(accepted(TRYING_OUT, "http://localhost:3000")).toBe(true);
    expect(accepted(TRYING_OUT, "http://localhost")).toBe(true);
    for (const other of [
      "http://localhost.evil.test",
      "http://evil.test#http://localhost:3000",
      "http://127.0.0.1:3000",
    ])
      expect(accepted(TRYING_OUT, other)).toBe(false);
  });

  it("on localhost must have the configured port in production, and if origins are set", () => {
    expect(accepted({ ...TRYING_OUT, production: true }, "http://localhost:3000")).toBe(false);
    expect(accepted({ ...TRYING_OUT, production: true }, "http://localhost:4000")).toBe(true);
    expect(accepted({ ...TRYING_OUT, origins: ["http://localhost:5173"] }, "http://localhost:3000")).toBe(false);
  });
});
