import type { RequestContext } from "#platform/schema/context";
import type { TokenPair } from "./session-tokens.service.ts";
import type { AuthTokens, TokenTransport } from "./sessions.graphql.ts";

/** Hands a pair of tokens to the client the way it wants them. In cookie mode no script ever sees the refresh token. */
export const deliverTokens = (pair: TokenPair, transport: TokenTransport, { cookies }: RequestContext): AuthTokens => {
  if (transport === "COOKIE") cookies.set("refresh", pair.refreshToken, pair.refreshExpiresAt);
  return {
    accessToken: pair.accessToken,
    refreshToken: transport === "COOKIE" ? null : pair.refreshToken,
    tokenType: "Bearer",
    expiresIn: pair.expiresIn,
    refreshExpiresAt: pair.refreshExpiresAt,
  };
};
