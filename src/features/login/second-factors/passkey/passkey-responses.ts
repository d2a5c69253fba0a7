import { z } from "zod";

// The used part of `PublicKeyCredential.toJSON()` of the browser (Web Authentication Level 3, section 5.1).

/** The limits are generous, but smaller than the largest request, because the text is decoded. */
const base64url = (maxLength: number) =>
  z
    .string()
    .max(maxLength)
    .regex(/^[A-Za-z0-9_-]+$/);

/** At most 1,023 bytes (section 7.1). */
const credentialId = base64url(1_364);
const clientDataJSON = base64url(8_192);

/** At most 64 bytes (section 5.4.3). Safari sends a missing one as the empty string. */
const userHandle = z.union([z.literal("").transform(() => null), base64url(88)]);

/** Hints for later ceremonies. Unknown ones are kept, and a malformed list does not reject the passkey. */
const transports = z
  .array(z.string().regex(/^[a-z0-9-]{1,32}$/))
  .max(10)
  .catch([]);

const RegistrationResponse = z.object({
  id: credentialId,
  rawId: credentialId,
  type: z.literal("public-key"),
  response: z.object({
    clientDataJSON,
    attestationObject: base64url(65_536),
    transports,
  }),
});

const AssertionResponse = z.object({
  id: credentialId,
  rawId: credentialId,
  type: z.literal("public-key"),
  response: z.object({
    clientDataJSON,
    authenticatorData: base64url(8_192),
    signature: base64url(8_192),
    userHandle: userHandle.nullish(),
  }),
});

/** Section 5.8.1. */
const ClientData = z.object({
  type: z.string(),
  challenge: z.string(),
  origin: z.string(),
  crossOrigin: z.boolean().nullish(),
});

export type RegistrationResponse = z.infer<typeof RegistrationResponse>;
export type AssertionResponse = z.infer<typeof AssertionResponse>;
type ClientData = z.infer<typeof ClientData>;

/** The registration in the client's input; null if it is malformed. */
export const parseRegistration = (response: unknown): RegistrationResponse | null =>
  RegistrationResponse.safeParse(response).data ?? null;

/** The assertion in the client's input; null if it is malformed. */
export const parseAssertion = (response: unknown): AssertionResponse | null =>
  AssertionResponse.safeParse(response).data ?? null;

/** The browser's data about the ceremony, which only the authenticator's signature makes trustworthy; null if it is not JSON. */
export const readClientData = (encoded: string): ClientData | null => {
  try {
    return ClientData.safeParse(JSON.parse(Buffer.from(encoded, "base64url").toString())).data ?? null;
  } catch {
    return null;
  }
};
