import { createHash, randomBytes } from "node:crypto";
import { MINUTE } from "#shared/durations";

/** Lifetime of an authorization request. */
export const AUTHORIZATION_REQUEST_LIFETIME_MS = 10 * MINUTE;

const SECRET_BYTES = 32;

/** Returns a new random secret: 43 characters of base64url. */
export const newSecret = (): string => randomBytes(SECRET_BYTES).toString("base64url");

/** Whether a text has the form of such a secret, or of the SHA-256 of one: 43 characters of base64url. */
export const isSecretLike = (text: string): boolean => /^[A-Za-z0-9_-]{43}$/.test(text);

/**
 * Binds an authorization request to the client that started it, so that it cannot be completed in another person's browser (RFC 9700,
 * section 4.7). A browser has a secret in its cookie; an app presents the hash of a verifier at the start and the verifier itself at
 * the callback (as in RFC 7636).
 */
export type Binding =
  | { readonly kind: "BROWSER"; readonly secret: string }
  | { readonly kind: "APP"; readonly challenge: string };

/**
 * Returns the binding of an app by its verifier; null if it is malformed (RFC 7636, section 4.1). A short verifier could be guessed
 * by an attacker who has seen state and code.
 */
export const bindingOfVerifier = (verifier: string): Binding | null =>
  /^[A-Za-z0-9._~-]{43,128}$/.test(verifier)
    ? { kind: "APP", challenge: sha256(verifier).toString("base64url") }
    : null;

/** The stored hash of a binding. The kind is included, so that one kind never matches the other. */
export const bindingHash = (binding: Binding): Buffer =>
  sha256(`${binding.kind}:${binding.kind === "APP" ? binding.challenge : binding.secret}`);

/** The stored hash of a state. */
export const stateHash = (state: string): Buffer => sha256(state);

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();
