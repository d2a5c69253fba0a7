import { createPrivateKey, generateKeyPairSync, sign } from "node:crypto";

/** A self-signed certificate with its key, for servers that no client trusts. X.509 v3 in DER, limited to what TLS needs. */
export const selfSignedCertificate = (name: string): { readonly key: string; readonly cert: string } => {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519", {
    publicKeyEncoding: { type: "spki", format: "der" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const ed25519 = der(0x30, oid(0x2b, 0x65, 0x70));
  const commonName = der(0x30, der(0x31, der(0x30, oid(0x55, 0x04, 0x03), text(0x0c, name))));
  const certified = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    ed25519,
    commonName,
    der(0x30, text(0x17, "200101000000Z"), text(0x17, "491231235959Z")),
    commonName,
    publicKey,
  );
  const signature = sign(null, certified, createPrivateKey(privateKey));
  const certificate = der(0x30, certified, ed25519, der(0x03, Buffer.from([0]), signature));
  const base64 = certificate.toString("base64").replace(/.{64}/g, "$&\n");
  return { key: privateKey, cert: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n` };
};

export const text = (tag: number, value: string): Buffer => der(tag, Buffer.from(value));

/** An object identifier, given in its encoded form. */
export const oid = (...encoded: readonly number[]): Buffer => der(0x06, Buffer.from(encoded));

/** Tag, length, value. */
export const der = (tag: number, ...parts: readonly Buffer[]): Buffer => {
  const value = Buffer.concat(parts);
  const { length } = value;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), value]);
};
