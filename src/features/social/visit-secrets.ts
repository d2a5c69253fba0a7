import { createHash, randomBytes } from "node:crypto";
import { MINUTE } from "#shared/durations";

/** How long a visit to a provider may take, in milliseconds. */
export const VISIT_LIFETIME = 10 * MINUTE;

const SECRET_BYTES = 32;

/** What only its maker knows: 43 characters of base64url. */
export const newSecret = (): string => randomBytes(SECRET_BYTES).toString("base64url");

/** Whether a text has the form of such a secret, or of the SHA-256 of one: 43 characters of base64url. */
export const isSecretLike = (text: string): boolean => /^[A-Za-z0-9_-]{43}$/.test(text);

/**
 * What ties a visit to where it began, so that nobody finishes a visit in another's browser (RFC 9700, section 4.7): a secret
 * of the browser, which is its cookie, or a verifier of the app, which shows its hash when it leaves (as RFC 7636 has it) and
 * itself when it is back.
 */
export type Binding =
  | { readonly kind: "BROWSER"; readonly secret: string }
  | { readonly kind: "APP"; readonly challenge: string };

/**
 * What an app that shows its verifier has bound its visit to; null for a text that is none (RFC 7636, section 4.1). Whoever has
 * seen state and code may try one verifier after the other: a short one would be found.
 */
export const bindingOfVerifier = (verifier: string): Binding | null =>
  /^[A-Za-z0-9._~-]{43,128}$/.test(verifier)
    ? { kind: "APP", challenge: sha256(verifier).toString("base64url") }
    : null;

/** What is kept of a binding. One kind never stands for the other, whatever the texts are. */
export const bindingHash = (binding: Binding): Buffer =>
  sha256(`${binding.kind}:${binding.kind === "APP" ? binding.challenge : binding.secret}`);

/** What is kept of a state. */
export const stateHash = (state: string): Buffer => sha256(state);

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();
