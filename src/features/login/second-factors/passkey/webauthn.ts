import { verifyAuthenticationResponse, verifyRegistrationResponse } from "@simplewebauthn/server";
import { COSEALG, decodeAttestationObject, verifySignature } from "@simplewebauthn/server/helpers";
import { type AssertionResponse, type RegistrationResponse, readClientData } from "./passkey-responses.ts";
import { acceptsOrigin, type RelyingParty } from "./relying-party.ts";

/** The signature algorithms accepted for passkeys, the preferred ones first. */
export const ALGORITHMS = [COSEALG.EdDSA, COSEALG.ES256, COSEALG.RS256];

/** A credential as created by its registration. */
export interface NewCredential {
  readonly credentialId: Buffer;
  /** COSE (RFC 9052). */
  readonly publicKey: Buffer;
  readonly counter: number;
  readonly backedUp: boolean;
}

/** The stored part of a credential that is needed to verify an assertion. */
type KnownCredential = Pick<NewCredential, "credentialId" | "publicKey" | "counter">;

interface Given<Response> {
  readonly response: Response;
  /** The expected challenge, in base64url. */
  readonly challenge: string;
  readonly relyingParty: RelyingParty;
}

/** Verifies a registration (Web Authentication Level 3, section 7.1). Throws if any check fails. */
export const verifyRegistration = async (given: Given<RegistrationResponse>): Promise<NewCredential> => {
  const { id, rawId, type, response } = given.response;
  requireNoCertificates(response.attestationObject);
  const { verified, registrationInfo } = await verifyRegistrationResponse({
    ...expectationsOf(given),
    response: {
      id,
      rawId,
      type,
      clientExtensionResults: {},
      response: { clientDataJSON: response.clientDataJSON, attestationObject: response.attestationObject },
    },
    supportedAlgorithmIDs: ALGORITHMS,
  });
  if (!verified) throw new Error("The attestation's signature is wrong.");
  const { credential, credentialBackedUp } = registrationInfo;
  await requireUsableKey(credential.publicKey);
  return {
    credentialId: Buffer.from(credential.id, "base64url"),
    publicKey: Buffer.from(credential.publicKey),
    counter: credential.counter,
    backedUp: credentialBackedUp,
  };
};

/** Verifies an assertion (section 7.2). Throws if any check fails or the signature counter went back. */
export const verifyAssertion = async (
  given: Given<AssertionResponse> & { readonly credential: KnownCredential },
): Promise<Pick<NewCredential, "counter" | "backedUp">> => {
  const { id, rawId, type, response } = given.response;
  const { credentialId, publicKey, counter } = given.credential;
  const { verified, authenticationInfo } = await verifyAuthenticationResponse({
    ...expectationsOf(given),
    response: {
      id,
      rawId,
      type,
      clientExtensionResults: {},
      response: {
        clientDataJSON: response.clientDataJSON,
        authenticatorData: response.authenticatorData,
        signature: response.signature,
      },
    },
    credential: { id: credentialId.toString("base64url"), publicKey: Uint8Array.from(publicKey), counter },
  });
  if (!verified) throw new Error("The signature is wrong.");
  return { counter: authenticationInfo.newCounter, backedUp: authenticationInfo.credentialBackedUp };
};

/** The checks common to both ceremonies: the server's challenge and domain, an accepted origin, and user verification. */
const expectationsOf = ({ response, challenge, relyingParty }: Given<RegistrationResponse | AssertionResponse>) => {
  const clientData = readClientData(response.response.clientDataJSON);
  if (!clientData) throw new Error("The client data is malformed.");
  const { origin, crossOrigin } = clientData;
  if (!acceptsOrigin(relyingParty, origin)) throw new Error(`The origin ${origin} is not one of PASSKEY_ORIGINS.`);
  // Refuses a frame in a page of another origin, because the user sees only that page.
  if (crossOrigin) throw new Error("The ceremony took place in a frame of another origin.");
  return {
    expectedChallenge: challenge,
    expectedOrigin: origin,
    expectedRPID: relyingParty.id,
    requireUserVerification: true,
  };
};

/**
 * No attestation is requested, so only none or the credential's own signature is accepted (section 6.5.4). Certificates would be
 * more untrusted input to parse, and they name addresses to be fetched (revocation lists).
 */
const requireNoCertificates = (attestationObject: string): void => {
  const attestation = decodeAttestationObject(Uint8Array.from(Buffer.from(attestationObject, "base64url")));
  const format = attestation.get("fmt");
  if (format === "none") return;
  if (format !== "packed" || attestation.get("attStmt").get("x5c") !== undefined)
    throw new Error("The registration contains an attestation that was not asked for.");
};

/** Well-formed as an ECDSA signature, (1, 1); for the other algorithms, just bytes. */
const SOME_SIGNATURE = Uint8Array.of(0x30, 6, 2, 1, 1, 2, 1, 1);

/**
 * Throws if the key is unusable. Without attestation nothing has been verified with it yet, and a key that verifies nothing would
 * require from its owner a second factor that cannot be completed.
 */
const requireUsableKey = async (credentialPublicKey: Uint8Array<ArrayBuffer>): Promise<void> => {
  await verifySignature({ signature: SOME_SIGNATURE, data: new Uint8Array(), credentialPublicKey });
};
