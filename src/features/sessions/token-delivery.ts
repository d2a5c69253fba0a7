import type { RequestContext } from "#platform/schema/context";
import type { TokenPair } from "./session-tokens.service.ts";
import type { AuthTokens, TokenTransport } from "./sessions.graphql.ts";

/** Delivers a pair of tokens in the requested transport. In cookie mode, scripts cannot read the refresh token. */
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
