export { type AccessTokenClaims, type AccessTokenSubject, AccessTokens, type Elevation } from "./access-tokens.ts";
export { SAFE_ACTIVATION, SigningKeys } from "./signing-keys.ts";
export { JWKS_MAX_AGE, JWKS_STALE_WHILE_REVALIDATE } from "./tokens.policy.ts";
