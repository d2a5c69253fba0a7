export { AuthFailure } from "../failure.ts";
export type { ServerSession } from "./access-token-verifier.ts";
export type { RequestHeaders } from "./caller.ts";
export type { SessionCookie } from "./cookies.ts";
export {
  createServerAuth,
  type Operation,
  type OperationResult,
  type ServerAuth,
  type ServerAuthOptions,
} from "./server-auth.ts";
