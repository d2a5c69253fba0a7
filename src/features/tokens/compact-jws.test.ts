import { createSecretKey, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { jwtVerify } from "jose";
import { describe, expect, it } from "vitest";
import { signCompactJws } from "./compact-jws.ts";
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from "./tokens.policy.ts";

const generate = (algorithm: SigningAlgorithm): { privateKey: KeyObject; publicKey: KeyObject } => {
  const secret = createSecretKey(randomBytes(32));
  switch (algorithm) {
    case "EdDSA":
      return generateKeyPairSync("ed25519");
    case "ES256":
      return generateKeyPairSync("ec", { namedCurve: "P-256" });
    case "RS256":
      return generateKeyPairSync("rsa", { modulusLength: 2_048 });
    case "HS256":
      return { privateKey: secret, publicKey: secret };
  }
};

describe.each(SIGNING_ALGORITHMS)("a token signed with %s", (alg) => {
  it("is verified by jose, and not once it is changed", async () => {
    const { privateKey, publicKey } = generate(alg);
    const claims = { sub: "Zoë", exp: 4_000_000_000 };
    const token = await signCompactJws({ alg, kid: "k1", typ: "at+jwt" }, claims, privateKey);
    const { payload, protectedHeader } = await jwtVerify(token, publicKey, { algorithms: [alg] });
    expect(payload).toEqual(claims);
    expect(protectedHeader).toEqual({ alg, kid: "k1", typ: "at+jwt" });

    const [head, , signature] = token.split(".");
    const forged = Buffer.from(JSON.stringify({ ...claims, sub: "Zoe" })).toString("base64url");
    await expect(jwtVerify(`${head}.${forged}.${signature}`, publicKey)).rejects.toThrow("signature");
  });
});
