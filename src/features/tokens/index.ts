export { type AccessTokenClaims, type AccessTokenSubject, AccessTokens, highestRoleIn } from "./access-tokens.ts";
export { tokensFeature } from "./feature.ts";
export { type KeyRevocation, SAFE_ACTIVATION, SigningKeys, UnknownSigningKeyError } from "./signing-keys.ts";
export { JWKS_MAX_AGE, JWKS_STALE_WHILE_REVALIDATE } from "./tokens.policy.ts";
