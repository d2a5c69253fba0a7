export { type AccessTokenClaims, type AccessTokenSubject, AccessTokens, highestRoleIn } from "./access-tokens.ts";
export { tokensFeature } from "./feature.ts";
export { type KeyRevocation, SAFE_ACTIVATION_SECONDS, SigningKeys, UnknownSigningKeyError } from "./signing-keys.ts";
export { JWKS_MAX_AGE_SECONDS, JWKS_STALE_WHILE_REVALIDATE_SECONDS } from "./tokens.policy.ts";
