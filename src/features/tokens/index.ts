export { type AccessTokenClaims, AccessTokens, type Verification } from "./access-tokens.ts";
export { SigningKeys } from "./signing-keys.ts";
export { JWKS_MAX_AGE } from "./tokens.policy.ts";
