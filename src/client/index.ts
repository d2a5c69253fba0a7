export type { LoginSuccess, Tokens } from "./access-token.ts";
export type { SignOutReason } from "./api.ts";
export { type Auth, createAuth, type Grant } from "./auth.ts";
export type { AuthOptions } from "./auth-options.ts";
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
export type { Endpoint, Transport } from "./graphql-request.ts";
export { takeLinkToken } from "./link-token.ts";
export type { Execute, Operation } from "./login/execute.ts";
export type { ClientError, LoginError } from "./login/failures.ts";
export type { AuthForLogin, LoginFlowOptions } from "./login/flow-context.ts";
export { createLoginFlow, type LoginFlow } from "./login/login-flow.ts";
export type * from "./login/login-state.ts";
export { createReauthentication, type Reauthentication, type ReauthenticationState } from "./login/reauthentication.ts";
export type {
  AuthenticationMethod,
  ChallengeReason,
  CompletedLogin,
  CurrentUser,
  SecondFactor,
  SessionSummary,
} from "./login/results.ts";
export { type SocialCallback, takeSocialCallback } from "./login/social.ts";
export type { ReadableStore } from "./login/store.ts";
export type { SocketClient } from "./login/waiting.ts";
export { createPasskey, getPasskey } from "./passkeys.ts";
export { createMmkvStorage, createSecureStorage, type Mmkv, type SecureStore } from "./phone-storages.ts";
export { type ChallengeStore, createChallengeStore } from "./registration-challenge.ts";
export { type SocketOptions, socketOptions } from "./sockets.ts";
