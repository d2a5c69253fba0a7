import { createRemoteJWKSet, customFetch, errors, type JWTPayload, jwtVerify } from "jose";
import { AuthFailure } from "../failure.ts";

/** The signed-in user of a request, as the access token describes them: at most 15 minutes old. */
export interface ServerSession {
  readonly userId: string;
  readonly sessionId: string;
  /** Roles and permissions hold in this tenant only: restrict every query to it. */
  readonly tenantId: string;
  readonly roles: readonly string[];
  readonly permissions: readonly string[];
  readonly email: string | null;
  readonly username: string | null;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

export type VerifiedToken =
  | { readonly outcome: "VALID"; readonly session: ServerSession }
  /** Expired, or not an access token for this app: a refresh returns a valid one. */
  | { readonly outcome: "INVALID" }
  /** For Portcullis alone: an elevated token can change credentials, and an enrolment token is not a completed login. */
  | { readonly outcome: "NOT_FOR_SERVICES" };

export interface VerifierOptions {
  readonly keySetUrl: URL;
  /** The setting PUBLIC_URL of Portcullis. */
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly string[];
  readonly fetch: typeof fetch;
  readonly now: () => number;
}

/** Five minutes, as the key set says: a revoked key must not be accepted for longer. */
const KEYS_MAX_AGE_MS = 300_000;
/** The shortest time between two reads of the key set because of an unknown key. */
const KEYS_COOLDOWN_MS = 10_000;

/** Errors of jose that are not about the token. */
const KEYS_UNAVAILABLE: ReadonlySet<string> = new Set(["ERR_JOSE_GENERIC", "ERR_JWKS_TIMEOUT", "ERR_JWKS_INVALID"]);

/** Verifies access tokens offline, with the public keys of Portcullis. */
export class AccessTokenVerifier {
  readonly #options: VerifierOptions;
  readonly #keys: ReturnType<typeof createRemoteJWKSet>;

  constructor(options: VerifierOptions) {
    this.#options = options;
    this.#keys = createRemoteJWKSet(options.keySetUrl, {
      cacheMaxAge: KEYS_MAX_AGE_MS,
      cooldownDuration: KEYS_COOLDOWN_MS,
      [customFetch]: (url, init) => options.fetch(url, init),
    });
  }

  /** @throws {AuthFailure} if the keys cannot be read, which says nothing about the token */
  async verify(token: string): Promise<VerifiedToken> {
    const { issuer, audience, algorithms, now } = this.#options;
    try {
      const { payload } = await jwtVerify(token, this.#keys, {
        // A fixed list, never the algorithm in the token.
        algorithms: [...algorithms],
        typ: "at+jwt",
        issuer,
        audience,
        requiredClaims: ["exp", "iat", "sub", "sid", "tid"],
        currentDate: new Date(now()),
      });
      if (payload.elevated_until !== undefined || payload.enrolment_only !== undefined)
        return { outcome: "NOT_FOR_SERVICES" };
      return { outcome: "VALID", session: sessionOf(payload) };
    } catch (error) {
      if (error instanceof errors.JOSEError && !KEYS_UNAVAILABLE.has(error.code)) return { outcome: "INVALID" };
      throw new AuthFailure("SERVICE_UNAVAILABLE", `The keys of ${issuer} cannot be read.`);
    }
  }
}

const sessionOf = ({ sub, sid, tid, roles, scope, email, username, iat = 0, exp = 0 }: JWTPayload): ServerSession => ({
  userId: String(sub),
  sessionId: String(sid),
  tenantId: String(tid),
  roles: Array.isArray(roles) ? roles.map(String) : [],
  permissions: typeof scope === "string" ? scope.split(" ").filter(Boolean) : [],
  email: typeof email === "string" ? email : null,
  username: typeof username === "string" ? username : null,
  issuedAt: new Date(iat * 1_000),
  expiresAt: new Date(exp * 1_000),
});
