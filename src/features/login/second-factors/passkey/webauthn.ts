import { verifyAuthenticationResponse, verifyRegistrationResponse } from "@simplewebauthn/server";
import { COSEALG, decodeAttestationObject, verifySignature } from "@simplewebauthn/server/helpers";
import { type AssertionResponse, type RegistrationResponse, readClientData } from "./passkey-responses.ts";
import { acceptsOrigin, type RelyingParty } from "./relying-party.ts";

/** What passkeys may sign with, the ones we like best first. */
export const ALGORITHMS = [COSEALG.EdDSA, COSEALG.ES256, COSEALG.RS256];

/** A credential as its registration made it. */
export interface NewCredential {
  readonly credentialId: Buffer;
  /** COSE (RFC 9052). */
  readonly publicKey: Buffer;
  readonly counter: number;
  readonly backedUp: boolean;
}

/** What is known of a credential that is to be used. */
type KnownCredential = Pick<NewCredential, "credentialId" | "publicKey" | "counter">;

interface Given<Response> {
  readonly response: Response;
  /** The challenge it must answer, in base64url. */
  readonly challenge: string;
  readonly relyingParty: RelyingParty;
}

/** Registering a credential (Web Authentication Level 3, section 7.1). Throws where anything is not as it must be. */
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

/** Using a credential (section 7.2). Throws where anything is not as it must be, or the signature counter went back. */
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

/** What both ceremonies must have in common: our challenge, our domain, a page or app of ours, and a user who was verified. */
const expectationsOf = ({ response, challenge, relyingParty }: Given<RegistrationResponse | AssertionResponse>) => {
  const clientData = readClientData(response.response.clientDataJSON);
  if (!clientData) throw new Error("The client data is not what a browser writes.");
  const { origin, crossOrigin } = clientData;
  if (!acceptsOrigin(relyingParty, origin)) throw new Error(`The origin ${origin} is not one of PASSKEY_ORIGINS.`);
  // A frame within somebody else's page: what the user sees is the other page.
  if (crossOrigin) throw new Error("The ceremony took place in a frame of another origin.");
  return {
    expectedChallenge: challenge,
    expectedOrigin: origin,
    expectedRPID: relyingParty.id,
    requireUserVerification: true,
  };
};

/**
 * We ask for no attestation, so what comes is none, or the credential's own signature (section 6.5.4). Certificates would
 * only be more to parse of what a stranger sent, and their authors name addresses to be fetched (revocation lists).
 */
const requireNoCertificates = (attestationObject: string): void => {
  const attestation = decodeAttestationObject(Uint8Array.from(Buffer.from(attestationObject, "base64url")));
  const format = attestation.get("fmt");
  if (format === "none") return;
  if (format !== "packed" || attestation.get("attStmt").get("x5c") !== undefined)
    throw new Error("The registration carries an attestation that was not asked for.");
};

/** An ECDSA signature in form, (1, 1), and to the other algorithms just bytes. */
const SOME_SIGNATURE = Uint8Array.of(0x30, 6, 2, 1, 1, 2, 1, 1);

/**
 * Throws for what is no key. Without attestation nothing has been verified with it yet, and one that never verifies anything
 * would ask its owner for a second factor that nobody can give.
 */
const requireUsableKey = async (credentialPublicKey: Uint8Array<ArrayBuffer>): Promise<void> => {
  await verifySignature({ signature: SOME_SIGNATURE, data: new Uint8Array(), credentialPublicKey });
};
