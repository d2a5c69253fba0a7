export { type AccessTokenClaims, AccessTokens, type Verification } from "./access-tokens.ts";
export { type KeyRotation, SAFE_ACTIVATION, SigningKeys } from "./signing-keys.ts";
export { JWKS_MAX_AGE } from "./tokens.policy.ts";
