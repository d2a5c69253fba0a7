export type { LoginSuccess, Tokens } from "./access-token.ts";
export type { SignOutReason, Transport } from "./api.ts";
export { type Auth, createAuth, type Grant } from "./auth.ts";
export type { AuthState } from "./auth-store.ts";
export {
  type ApiError,
  ERROR_CODES,
  ERROR_REASONS,
  type ErrorCode,
  type ErrorReason,
  errorOf,
  type ReasonOf,
} from "./errors.ts";
export { AuthFailure, type TenantError } from "./failure.ts";
export type { Fetch, PasskeyJSON, TokenStorage } from "./globals.ts";
export { takeLinkToken } from "./link-token.ts";
export { createPasskey, getPasskey } from "./passkeys.ts";
export { type ChallengeStore, createChallengeStore } from "./registration-challenge.ts";
export type { AuthOptions } from "./shared-tokens.ts";
export { type SocketOptions, socketOptions } from "./sockets.ts";
