import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from "@simplewebauthn/server";

/** The claims of a browser and its authenticator in one ceremony. Properties that are not given here get their true values. */
interface Ceremony {
  /** The page's origin, such as `https://app.example.com`. */
  readonly origin: string;
  readonly rpId?: string;
  readonly type?: string;
  /** Base64url. */
  readonly challenge?: string;
  readonly crossOrigin?: boolean;
  readonly userPresent?: boolean;
  readonly userVerified?: boolean;
  /** In this response only; the authenticator's own counter continues as before. */
  readonly counter?: number;
  /** If set, the passkey is eligible for backup (BE), and this is its backup state (BS). */
  readonly backedUp?: boolean;
}

export interface Creation extends Ceremony {
  /** Base64url; random by default. */
  readonly credentialId?: string;
}

export interface Assertion extends Ceremony {
  /** Responds with this credential, whether it is allowed or not. */
  readonly credentialId?: string;
  /** Base64url; null for no user handle. */
  readonly userHandle?: string | null;
  readonly signature?: "garbled" | "by another key";
}

interface Credential {
  readonly id: string;
  readonly rpId: string;
  readonly userHandle: string;
  readonly privateKey: KeyObject;
  readonly backedUp: boolean | undefined;
  counter: number;
}

/**
 * A browser and its authenticator in one. It creates real passkeys (ES256, discoverable, attestation "none"; Web Authentication
 * Level 3, sections 5.8.1 and 6.1) and returns the JSON of `credential.toJSON()`. It can also return false data, as an attacker
 * would.
 */
export class SoftwareAuthenticator {
  readonly #credentials: Credential[] = [];
  readonly #counts: boolean;

  /** Pass `counts: false` for an authenticator without a signature counter, like most synchronised passkeys: it always returns 0. */
  constructor({ counts = true }: { counts?: boolean } = {}) {
    this.#counts = counts;
  }

  create(publicKey: PublicKeyCredentialCreationOptionsJSON, said: Creation): RegistrationResponseJSON {
    const rpId = publicKey.rp.id ?? new URL(said.origin).hostname;
    if (!publicKey.pubKeyCredParams.some(({ alg }) => alg === ES256)) throw new Error("NotSupportedError: ES256 only");
    if (publicKey.excludeCredentials?.some(({ id }) => this.#find(rpId, id)))
      throw new Error("InvalidStateError: this user already has a passkey");

    const keys = newKeys();
    const { credentialId: id = randomBytes(32).toString("base64url"), backedUp } = said;
    const userHandle = publicKey.user.id;
    this.#credentials.push({ id, rpId, userHandle, privateKey: keys.privateKey, backedUp, counter: 0 });

    const rawId = decode(id);
    const attested = Buffer.concat([NO_AAGUID, uint(2, rawId.length), rawId, coseKey(keys.publicKey)]);
    const authenticatorData = encodeAuthenticatorData({ rpId, counter: 0, attested, ...said });
    const attestationObject = cbor(
      new Map<string, Cbor>([
        ["fmt", "none"],
        ["attStmt", new Map()],
        ["authData", authenticatorData],
      ]),
    );
    return {
      ...described(id),
      response: {
        clientDataJSON: encode(clientData({ type: "webauthn.create", challenge: publicKey.challenge, ...said })),
        attestationObject: encode(attestationObject),
        authenticatorData: encode(authenticatorData),
        publicKey: encode(keys.publicKey.export({ format: "der", type: "spki" })),
        publicKeyAlgorithm: ES256,
        transports: ["internal"],
      },
    };
  }

  get(publicKey: PublicKeyCredentialRequestOptionsJSON, said: Assertion): AuthenticationResponseJSON {
    const rpId = publicKey.rpId ?? new URL(said.origin).hostname;
    const allowed = said.credentialId ? [{ id: said.credentialId }] : (publicKey.allowCredentials ?? []);
    const credential =
      allowed.length === 0
        ? this.#credentials.findLast((candidate) => candidate.rpId === rpId)
        : allowed.map(({ id }) => this.#find(rpId, id)).find((candidate) => candidate !== undefined);
    if (!credential) throw new Error(`NotAllowedError: none of the allowed passkeys is for ${rpId}`);
    if (this.#counts) credential.counter += 1;

    const { id, counter, backedUp } = credential;
    const authenticatorData = encodeAuthenticatorData({
      rpId,
      counter,
      ...(backedUp !== undefined && { backedUp }),
      ...said,
    });
    const client = clientData({ type: "webauthn.get", challenge: publicKey.challenge, ...said });
    const key = said.signature === "by another key" ? newKeys().privateKey : credential.privateKey;
    const signature = sign("sha256", Buffer.concat([authenticatorData, sha256(client)]), key);
    if (said.signature === "garbled") signature[signature.length - 1] = (signature.at(-1) ?? 0) ^ 1;

    const { userHandle = credential.userHandle } = said;
    return {
      ...described(id),
      response: {
        clientDataJSON: encode(client),
        authenticatorData: encode(authenticatorData),
        signature: encode(signature),
        ...(userHandle !== null && { userHandle }),
      },
    };
  }

  #find(rpId: string, id: string): Credential | undefined {
    return this.#credentials.find((candidate) => candidate.rpId === rpId && candidate.id === id);
  }
}

const described = (id: string) =>
  ({ id, rawId: id, type: "public-key", authenticatorAttachment: "platform", clientExtensionResults: {} }) as const;

const clientData = ({ type, challenge, origin, crossOrigin = false }: Ceremony & { type: string; challenge: string }) =>
  Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin }));

/** Section 6.1; `attested` is the attested credential data of section 6.5.1. */
const encodeAuthenticatorData = ({
  rpId,
  counter,
  userPresent = true,
  userVerified = true,
  backedUp,
  attested,
}: Ceremony & { rpId: string; counter: number; attested?: Buffer }): Buffer => {
  const flags =
    (userPresent ? FLAGS.userPresent : 0) |
    (userVerified ? FLAGS.userVerified : 0) |
    (backedUp !== undefined ? FLAGS.backupEligible : 0) |
    (backedUp ? FLAGS.backedUp : 0) |
    (attested ? FLAGS.attested : 0);
  return Buffer.concat([sha256(rpId), Buffer.of(flags), uint(4, counter), attested ?? Buffer.alloc(0)]);
};

const FLAGS = { userPresent: 0x01, userVerified: 0x04, backupEligible: 0x08, backedUp: 0x10, attested: 0x40 };
const NO_AAGUID = Buffer.alloc(16);
/** COSE's number for ECDSA with P-256 and SHA-256 (RFC 9053). */
const ES256 = -7;

const newKeys = () => generateKeyPairSync("ec", { namedCurve: "P-256" });

/** RFC 9053, section 7.1.1: key type EC2, algorithm, curve P-256, x, y. */
const coseKey = (key: KeyObject): Buffer => {
  const { x = "", y = "" } = key.export({ format: "jwk" });
  return cbor(
    new Map<number, Cbor>([
      [1, 2],
      [3, ES256],
      [-1, 1],
      [-2, decode(x)],
      [-3, decode(y)],
    ]),
  );
};

type Cbor = number | string | Buffer | ReadonlyMap<number | string, Cbor>;

/** RFC 8949, as far as WebAuthn needs it: numbers, texts, byte strings and maps, each shorter than 64 KiB. */
const cbor = (value: Cbor): Buffer => {
  if (typeof value === "number") return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === "string") return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  return Buffer.concat([head(5, value.size), ...[...value].flatMap(([key, item]) => [cbor(key), cbor(item)])]);
};

const head = (major: number, argument: number): Buffer => {
  if (argument < 24) return Buffer.of((major << 5) | argument);
  return argument < 0x100
    ? Buffer.of((major << 5) | 24, argument)
    : Buffer.concat([Buffer.of((major << 5) | 25), uint(2, argument)]);
};

const uint = (bytes: number, value: number): Buffer => {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
};

const sha256 = (data: string | Buffer): Buffer => createHash("sha256").update(data).digest();
const encode = (bytes: Buffer): string => bytes.toString("base64url");
const decode = (text: string): Buffer => Buffer.from(text, "base64url");
