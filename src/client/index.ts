export type { Tokens } from "./access-token.ts";
export type { SignOutReason, Transport } from "./api.ts";
export { type Auth, createAuth, type Grant, type LoginSuccess } from "./auth.ts";
export { AuthFailure } from "./failure.ts";
export type { Fetch } from "./globals.ts";
export type { TokenStorage } from "./refresh-token-store.ts";
export type { AuthOptions } from "./shared-tokens.ts";
export { type SocketOptions, socketOptions } from "./sockets.ts";
export type { AuthState } from "./standing.ts";
