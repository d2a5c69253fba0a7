import { createRemoteJWKSet, errors, jwtVerify } from "jose";

/** The user who sent the request, as the access token describes them. */
export interface Caller {
  readonly userId: string;
  /** The permissions hold in this tenant only: restrict every query to it. */
  readonly tenantId: string;
  readonly permissions: ReadonlySet<string>;
}

/** Checks access tokens of the Portcullis whose PUBLIC_URL is `issuer`. */
export const createTokenCheck = (issuer: string) => {
  // Cached for five minutes, as the key set says: a revoked key must not be accepted for longer. Fetched again for an unknown key.
  const keys = createRemoteJWKSet(new URL("/.well-known/jwks.json", issuer), { cacheMaxAge: 300_000 });

  return {
    /**
     * Verifies a token offline. The result can be up to 15 minutes old: the session may have ended since the token was issued.
     *
     * @returns null if the token is not valid
     * @throws {Error} if the keys cannot be fetched, which says nothing about the token
     */
    async verify(token: string): Promise<Caller | null> {
      try {
        const { payload } = await jwtVerify(token, keys, {
          algorithms: ["EdDSA"], // A fixed list: never trust the algorithm in the token.
          typ: "at+jwt",
          issuer,
          audience: "portcullis",
          requiredClaims: ["exp", "sub", "tid", "scope"],
        });
        // For Portcullis alone: an elevated token can change credentials, and the user of an enrolment token has not completed a login.
        if (payload.elevated_until !== undefined || payload.enrolment_only !== undefined) return null;
        const { sub, tid, scope } = payload;
        return { userId: String(sub), tenantId: String(tid), permissions: new Set(String(scope).split(" ")) };
      } catch (error) {
        if (error instanceof errors.JOSEError && !KEYS_UNAVAILABLE.has(error.code)) return null;
        throw error;
      }
    },

    /**
     * Asks Portcullis whether a verified token is still active: its session has not ended, and its user was not suspended and lost
     * no role.
     *
     * @throws {Error} if Portcullis is unavailable, which says nothing about the token
     */
    async isActive(token: string): Promise<boolean> {
      const response = await fetch(new URL("/graphql", issuer), {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query: VALIDATE, variables: { token } }),
        signal: AbortSignal.timeout(5_000),
      });
      const { data } = (await response.json()) as { data?: { validateToken: { valid: boolean } } | null };
      if (!data) throw new Error(`Portcullis returned status ${response.status}.`);
      return data.validateToken.valid;
    },
  };
};

/** Errors of jose that are not about the token. */
const KEYS_UNAVAILABLE = new Set(["ERR_JOSE_GENERIC", "ERR_JWKS_TIMEOUT", "ERR_JWKS_INVALID"]);

const VALIDATE = "mutation ($token: String!) { validateToken(input: { token: $token }) { valid } }";
