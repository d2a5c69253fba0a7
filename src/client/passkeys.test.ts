import { randomBytes } from "node:crypto";
import { afterEach, describe, expect, it, vi } from "vitest";
import { decodeBase64url, encodeBase64url } from "./base64url.ts";
import { createPasskey, getPasskey } from "./passkeys.ts";

afterEach(() => void vi.unstubAllGlobals());

const CREATION = {
  challenge: "AQIDBA",
  rp: { id: "example.com", name: "Example" },
  user: { id: "BQYH", name: "ada", displayName: "Ada" },
  excludeCredentials: [{ type: "public-key", id: "CAkK", transports: ["usb"] }],
  pubKeyCredParams: [{ type: "public-key", alg: -8 }],
};
const REQUEST = { challenge: "AQIDBA", rpId: "example.com", allowCredentials: [{ type: "public-key", id: "CAkK" }] };

const bytes = (...values: number[]): ArrayBuffer => Uint8Array.from(values).buffer as ArrayBuffer;
const credential = (response: object) => ({
  id: "CAkK",
  rawId: bytes(8, 9, 10),
  type: "public-key",
  authenticatorAttachment: "platform",
  response,
  getClientExtensionResults: () => ({ credProps: { rk: true } }),
});

describe("a browser without the conversions of Level 3", () => {
  it("creates a passkey from the API's options and returns the response in the API's format", async () => {
    const create = vi.fn(async (_options: { publicKey: typeof CREATION }) =>
      credential({
        clientDataJSON: bytes(1),
        attestationObject: bytes(2, 3),
        getTransports: () => ["internal"],
      }),
    );
    vi.stubGlobal("navigator", { credentials: { create } });
    expect(await createPasskey(CREATION)).toEqual({
      id: "CAkK",
      rawId: "CAkK",
      type: "public-key",
      authenticatorAttachment: "platform",
      response: { clientDataJSON: "AQ", attestationObject: "AgM", transports: ["internal"] },
      clientExtensionResults: { credProps: { rk: true } },
    });
    expect(create).toHaveBeenCalledWith({
      publicKey: {
        ...CREATION,
        challenge: bytes(1, 2, 3, 4),
        user: { ...CREATION.user, id: bytes(5, 6, 7) },
        excludeCredentials: [{ type: "public-key", id: bytes(8, 9, 10), transports: ["usb"] }],
      },
    });
  });

  it("authenticates with a passkey", async () => {
    const get = vi.fn(async (_options: object) =>
      credential({ clientDataJSON: bytes(1), authenticatorData: bytes(2), signature: bytes(3), userHandle: null }),
    );
    vi.stubGlobal("navigator", { credentials: { get } });
    expect(await getPasskey(REQUEST, { mediation: "conditional" })).toMatchObject({
      id: "CAkK",
      response: { clientDataJSON: "AQ", authenticatorData: "Ag", signature: "Aw" },
    });
    expect(get).toHaveBeenCalledWith({
      mediation: "conditional",
      publicKey: {
        ...REQUEST,
        challenge: bytes(1, 2, 3, 4),
        allowCredentials: [{ type: "public-key", id: bytes(8, 9, 10) }],
      },
    });
  });
});

describe("a browser with the conversions", () => {
  it("uses the browser's conversions", async () => {
    const parsed = { parsed: true };
    const get = vi.fn(async (_options: object) => ({ ...credential({}), toJSON: () => ({ own: true }) }));
    vi.stubGlobal("navigator", { credentials: { get, create: get } });
    vi.stubGlobal("PublicKeyCredential", {
      parseRequestOptionsFromJSON: () => parsed,
      parseCreationOptionsFromJSON: () => parsed,
    });
    expect([await getPasskey(REQUEST), await createPasskey(CREATION)]).toEqual([{ own: true }, { own: true }]);
    expect(get.mock.calls).toEqual([[{ publicKey: parsed }], [{ publicKey: parsed }]]);
  });
});

it("fails in a browser without passkeys", async () => {
  vi.stubGlobal("navigator", {});
  await expect(createPasskey(CREATION)).rejects.toThrow("does not support passkeys");
});

it("encodes base64url like other implementations", () => {
  for (let length = 0; length < 50; length++) {
    const random = randomBytes(length);
    expect(encodeBase64url(random)).toBe(random.toString("base64url"));
    expect(Buffer.from(decodeBase64url(random.toString("base64url")))).toEqual(random);
  }
  expect(() => decodeBase64url("a+b/")).toThrow(TypeError);
});
