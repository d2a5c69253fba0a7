import { createPrivateKey, generateKeyPairSync, sign } from "node:crypto";
import { isIP } from "node:net";
import { der, oid, text } from "./certificates.ts";

export interface KeyAndCertificate {
  readonly key: string;
  readonly cert: string;
}

/** A private certificate authority: its certificates are trusted only if its own certificate is. */
export const createAuthority = (name: string) => {
  const authority = newKey();
  const { cert } = certify({
    name,
    holder: authority,
    issuer: name,
    issuerKey: authority.key,
    extensions: [IS_AUTHORITY],
  });
  return {
    cert,
    /** A server's certificate for these names and addresses. */
    sign(...hosts: readonly string[]): KeyAndCertificate {
      const holder = newKey();
      const extensions = [subjectNames(hosts)];
      return certify({ name: hosts[0] ?? "", holder, issuer: name, issuerKey: authority.key, extensions });
    },
  };
};

interface Key {
  readonly key: string;
  readonly publicKey: Buffer;
}

const newKey = (): Key => {
  const { publicKey, privateKey } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    publicKeyEncoding: { type: "spki", format: "der" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  return { key: privateKey, publicKey };
};

interface Certificate {
  readonly name: string;
  readonly holder: Key;
  readonly issuer: string;
  readonly issuerKey: string;
  readonly extensions: readonly Buffer[];
}

/** X.509 v3 with ECDSA and SHA-256. */
const certify = ({ name, holder, issuer, issuerKey, extensions }: Certificate): KeyAndCertificate => {
  const algorithm = der(0x30, oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
  const certified = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1 + Math.floor(Math.random() * 100)])),
    algorithm,
    commonName(issuer),
    der(0x30, text(0x17, "200101000000Z"), text(0x17, "491231235959Z")),
    commonName(name),
    holder.publicKey,
    der(0xa3, der(0x30, ...extensions)),
  );
  const signature = sign("sha256", certified, createPrivateKey(issuerKey));
  const base64 = der(0x30, certified, algorithm, der(0x03, Buffer.from([0]), signature)).toString("base64");
  const lines = base64.replace(/.{64}/g, "$&\n");
  return { key: holder.key, cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n` };
};

const commonName = (name: string): Buffer => der(0x30, der(0x31, der(0x30, oid(0x55, 0x04, 0x03), text(0x0c, name))));

/** basicConstraints, critical: CA. */
const IS_AUTHORITY = der(
  0x30,
  oid(0x55, 0x1d, 0x13),
  der(0x01, Buffer.from([0xff])),
  der(0x04, der(0x30, der(0x01, Buffer.from([0xff])))),
);

/** subjectAltName. */
const subjectNames = (hosts: readonly string[]): Buffer => {
  const names = hosts.map((host) =>
    isIP(host) === 4 ? der(0x87, Buffer.from(host.split(".").map(Number))) : text(0x82, host),
  );
  return der(0x30, oid(0x55, 0x1d, 0x11), der(0x04, der(0x30, ...names)));
};
