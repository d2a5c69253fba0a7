export { type AccessTokenClaims, AccessTokens } from "./access-tokens.ts";
export { SAFE_ACTIVATION, SigningKeys } from "./signing-keys.ts";
export { JWKS_MAX_AGE } from "./tokens.policy.ts";
