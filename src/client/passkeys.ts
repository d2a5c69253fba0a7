import { decodeBase64url, encodeBase64url } from "./base64url.ts";
import { type Credential, globals, type PasskeyJSON } from "./globals.ts";

/**
 * Asks the browser for a new passkey.
 *
 * @param options the `publicKey` of `startPasskeyRegistration`
 * @returns the `response` for `finishPasskeyRegistration`
 */
export const createPasskey = async (options: PasskeyJSON): Promise<PasskeyJSON> => {
  const { navigator, PublicKeyCredential } = globals();
  const publicKey = PublicKeyCredential?.parseCreationOptionsFromJSON?.(options) ?? creationOptionsOf(options);
  return toJSON(await requireCredentials(navigator).create({ publicKey }));
};

/**
 * Asks the browser to authenticate with a passkey.
 *
 * @param options the `publicKey` of `startPasskeyLogin`
 * @param more `mediation: "conditional"` offers passkeys while the user types; `signal` aborts that
 * @returns the `response` for `finishPasskeyLogin`
 */
export const getPasskey = async (options: PasskeyJSON, more: PasskeyJSON = {}): Promise<PasskeyJSON> => {
  const { navigator, PublicKeyCredential } = globals();
  const publicKey = PublicKeyCredential?.parseRequestOptionsFromJSON?.(options) ?? requestOptionsOf(options);
  return toJSON(await requireCredentials(navigator).get({ ...more, publicKey }));
};

interface Descriptor {
  readonly id: string;
}

const requireCredentials = (navigator: ReturnType<typeof globals>["navigator"]) => {
  if (!navigator?.credentials) throw new TypeError("This browser does not support passkeys.");
  return navigator.credentials;
};

/** Equivalent to parseCreationOptionsFromJSON of Web Authentication Level 3 (section 5.1.9), for browsers that lack it. */
const creationOptionsOf = (options: PasskeyJSON): PasskeyJSON => {
  const user = options.user as PasskeyJSON;
  const { excludeCredentials } = options as { readonly excludeCredentials?: readonly Descriptor[] };
  return {
    ...options,
    challenge: bytesOf(options.challenge),
    user: { ...user, id: bytesOf(user.id) },
    ...(excludeCredentials && { excludeCredentials: excludeCredentials.map(withBytes) }),
  };
};

/** Equivalent to parseRequestOptionsFromJSON (section 5.1.10). */
const requestOptionsOf = (options: PasskeyJSON): PasskeyJSON => {
  const { allowCredentials } = options as { readonly allowCredentials?: readonly Descriptor[] };
  return {
    ...options,
    challenge: bytesOf(options.challenge),
    ...(allowCredentials && { allowCredentials: allowCredentials.map(withBytes) }),
  };
};

const withBytes = (descriptor: Descriptor) => ({ ...descriptor, id: bytesOf(descriptor.id) });

/** Equivalent to toJSON of a PublicKeyCredential (section 5.1.8). */
const toJSON = (credential: Credential | null): PasskeyJSON => {
  if (!credential) throw new TypeError("The browser returned no passkey.");
  if (credential.toJSON) return credential.toJSON();
  const { id, rawId, type, authenticatorAttachment, response } = credential;
  const encoded = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"].flatMap(
    (name) => {
      const bytes = response[name];
      return bytes instanceof ArrayBuffer ? [[name, textOf(bytes)]] : [];
    },
  );
  return {
    id,
    rawId: textOf(rawId),
    type,
    ...(authenticatorAttachment && { authenticatorAttachment }),
    response: {
      ...Object.fromEntries(encoded),
      ...(response.getTransports && { transports: response.getTransports() }),
    },
    clientExtensionResults: credential.getClientExtensionResults(),
  };
};

const bytesOf = (base64url: unknown): ArrayBuffer => {
  const bytes = decodeBase64url(String(base64url));
  return bytes.buffer.slice(0, bytes.byteLength) as ArrayBuffer;
};

const textOf = (bytes: ArrayBuffer): string => encodeBase64url(new Uint8Array(bytes));
