import { createHmac, type KeyObject, sign } from "node:crypto";
import type { SigningAlgorithm } from "./tokens.policy.ts";

/**
 * Signs a compact JWS (RFC 7515, section 3.1). With node:crypto instead of jose, because WebCrypto signs on the thread pool: for the
 * short algorithms the way there and back costs more than the signature. See docs/decisions/signing.md.
 */
export const signCompactJws = async (
  header: { readonly alg: SigningAlgorithm; readonly kid: string; readonly typ: string },
  payload: object,
  key: KeyObject,
): Promise<string> => {
  const input = `${encode(header)}.${encode(payload)}`;
  const signature = await SIGN[header.alg](Buffer.from(input), key);
  return `${input}.${signature.toString("base64url")}`;
};

const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url");

/** The signatures of RFC 7518, section 3.1, and RFC 8037. */
const SIGN: Readonly<Record<SigningAlgorithm, (input: Buffer, key: KeyObject) => Buffer | Promise<Buffer>>> = {
  EdDSA: (input, key) => sign(null, input, key),
  // r and s, not DER (RFC 7518, section 3.4).
  ES256: (input, key) => sign("sha256", input, { key, dsaEncoding: "ieee-p1363" }),
  // A millisecond, which would delay all other requests on this thread.
  RS256: (input, key) =>
    new Promise((resolve, reject) => {
      sign("sha256", input, key, (error, signature) => (error ? reject(error) : resolve(signature)));
    }),
  HS256: (input, key) => createHmac("sha256", key).update(input).digest(),
};
