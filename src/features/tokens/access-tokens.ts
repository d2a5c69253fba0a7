import { errors, type JWTPayload, jwtVerify } from "jose";
import { z } from "zod";
import type { Clock } from "#platform/clock";
import type { Ids } from "#platform/ids";
import { createLruCache } from "#platform/lru-cache";
import { isCanonicalBase64url } from "#shared/base64url";
import type { SessionId, TenantId, UserId } from "#shared/ids";
import { signCompactJws } from "./compact-jws.ts";
import type { SigningKeys } from "./signing-keys.ts";

/** The user and session of a token. */
interface Bearer {
  readonly userId: UserId;
  readonly sessionId: SessionId;
  readonly tenantId: TenantId;
  readonly email: string;
  readonly username: string | null;
  /** Whether the user administers the installation. */
  readonly isOperator: boolean;
  /** The names of the roles in the tenant. */
  readonly roles: readonly string[];
}

/** The elevation of an access token. */
export interface Elevation {
  readonly until: Date;
  /** The elevation epoch of its session when the token was issued: how many times elevations had been revoked. */
  readonly epoch: number;
}

/** The claims of an access token. Its `typ` is `at+jwt` (RFC 9068), so that no other JWT of this server is accepted as one. */
export interface AccessTokenClaims extends Bearer {
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  /** The permissions of the roles. Null for a token of the previous version, which has no permissions. */
  readonly permissions: readonly string[] | null;
  /** Null if the token is not elevated. */
  readonly elevation: Elevation | null;
  /** How and when the user authenticated (RFC 8176). */
  readonly amr: readonly string[];
  readonly authenticatedAt: Date;
  /** The audience: this API, or a service of the setting AUDIENCES. */
  readonly audience: string;
  /** The key that signed it (`kid`). */
  readonly keyId: string;
  /** The generation of the refresh token issued with it; null if absent. */
  readonly generation: number | null;
}

export interface AccessTokenSubject extends Bearer {
  readonly permissions: readonly string[];
  /** How the user authenticated (RFC 8176). */
  readonly amr: readonly string[];
  readonly authenticatedAt: Date;
  /** Set only by `reauthenticate`: no login, refresh or copy of a token is elevated. */
  readonly elevation?: Elevation;
  /** The service of the token; absent: this API. */
  readonly audience?: string;
  /** The expiry, in whole seconds; absent: after the lifetime of an access token. */
  readonly expiresAt?: Date;
  /** Whether the token permits only the enrolment of a second factor. */
  readonly enrolmentOnly?: boolean;
  /** The generation of the refresh token issued with it: using either shows that the pair has arrived. Absent in elevated tokens. */
  readonly generation?: number;
}

export type Verification =
  | { readonly outcome: "VALID"; readonly claims: AccessTokenClaims }
  | { readonly outcome: "MALFORMED" | "BAD_SIGNATURE" | "EXPIRED" };

export interface AccessTokensDeps {
  readonly keys: SigningKeys;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly issuer: string;
  readonly audience: string;
  /** The services for which tokens may be issued, besides this API. */
  readonly audiences?: readonly string[];
  readonly accessTokenSeconds: number;
}

const TYPE = "at+jwt";
/** Longer tokens are not from this server and are rejected without further work. */
const MAX_LENGTH = 4_096;

/** Signs and verifies access tokens (RFC 7519, with the rules of RFC 8725 and RFC 9068). */
export class AccessTokens {
  /** Tokens with a verified signature, which cannot change. Their expiry is checked every time. */
  readonly #verified = createLruCache<string, AccessTokenClaims>(10_000);

  constructor(private readonly deps: AccessTokensDeps) {}

  /** The lifetime of a new token, in seconds. */
  get lifetime(): number {
    return this.deps.accessTokenSeconds;
  }

  async issue(subject: AccessTokenSubject): Promise<string> {
    const { keys, clock, ids, issuer, audience, accessTokenSeconds } = this.deps;
    const key = await keys.current();
    const issuedAt = Math.floor(clock.now().getTime() / 1_000);
    const claims = {
      iss: issuer,
      aud: subject.audience ?? audience,
      sub: subject.userId,
      iat: issuedAt,
      exp: subject.expiresAt ? Math.floor(subject.expiresAt.getTime() / 1_000) : issuedAt + accessTokenSeconds,
      jti: ids.next(),
      sid: subject.sessionId,
      tid: subject.tenantId,
      email: subject.email,
      username: subject.username,
      role: highestRoleIn(subject),
      roles: subject.roles,
      scope: subject.permissions.join(" "),
      amr: subject.amr,
      auth_time: Math.floor(subject.authenticatedAt.getTime() / 1_000),
      ...(subject.elevation && {
        elevated_until: Math.floor(subject.elevation.until.getTime() / 1_000),
        elevation_epoch: subject.elevation.epoch,
      }),
      ...(subject.enrolmentOnly && { enrolment_only: true }),
      ...(subject.generation !== undefined && { gen: subject.generation }),
    };
    return signCompactJws({ alg: key.algorithm, kid: key.kid, typ: TYPE }, claims, key.privateKey);
  }

  /** Whether tokens signed by this key are accepted; false once the key is revoked. */
  acceptsKey(keyId: string): boolean {
    return this.deps.keys.isPublished(keyId);
  }

  /**
   * Verifies a token. Never throws for an invalid one. A valid token may still belong to an ended session.
   * @param anyAudience whether to accept tokens for a service of AUDIENCES, too; this API itself never does
   */
  async verify(token: string, { anyAudience = false } = {}): Promise<Verification> {
    const verification = await this.#verify(token);
    if (verification.outcome !== "VALID" || anyAudience) return verification;
    return verification.claims.audience === this.deps.audience ? verification : { outcome: "MALFORMED" };
  }

  async #verify(token: string): Promise<Verification> {
    if (token.length > MAX_LENGTH) return { outcome: "MALFORMED" };
    const known = this.#verified.get(token);
    // The tokens of a revoked key are invalid, too.
    if (known && this.acceptsKey(known.keyId))
      return known.expiresAt > this.deps.clock.now() ? { outcome: "VALID", claims: known } : { outcome: "EXPIRED" };
    // A token in another encoding of the same bytes would occupy a separate entry of the cache.
    if (!token.split(".").every(isCanonicalBase64url)) return { outcome: "MALFORMED" };
    try {
      const claims = await this.#check(token);
      this.#verified.set(token, claims);
      return { outcome: "VALID", claims };
    } catch (error) {
      return { outcome: outcomeOf(error) };
    }
  }

  async #check(token: string): Promise<AccessTokenClaims> {
    const { keys, clock, issuer, audience, audiences = [] } = this.deps;
    const { payload, protectedHeader } = await jwtVerify(
      token,
      // The key determines the algorithm, never the token: no `none`, no HS256 with a public key, no key from the header.
      async ({ kid, alg }) => {
        const key = kid ? await keys.find(kid) : null;
        if (key === null || key.algorithm !== alg) throw new errors.JWSSignatureVerificationFailed();
        return key.verifyKey;
      },
      {
        issuer,
        audience: [audience, ...audiences],
        typ: TYPE,
        currentDate: clock.now(),
        requiredClaims: ["sub", "sid", "tid", "exp", "iat", "jti"],
      },
    );
    return toClaims(payload, protectedHeader.kid ?? "");
  }
}

const outcomeOf = (error: unknown): "MALFORMED" | "BAD_SIGNATURE" | "EXPIRED" => {
  if (error instanceof errors.JWTExpired) return "EXPIRED";
  if (error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JOSEAlgNotAllowed)
    return "BAD_SIGNATURE";
  // Other errors of jose: not a JWT, or not an access token of this server. Any other error is a fault of the server.
  if (error instanceof errors.JOSEError) return "MALFORMED";
  throw error;
};

const id = z.guid();

/** The claims present in every access token; other claims are for other services. */
const Payload = z.object({
  sub: id,
  sid: id,
  tid: id,
  email: z.string(),
  username: z.string().nullable(),
  role: z.string(),
  roles: z.array(z.string()),
  scope: z.string().optional(),
  aud: z.string(),
  amr: z.array(z.string()),
  auth_time: z.number(),
  iat: z.number(),
  exp: z.number(),
  elevated_until: z.number().optional(),
  elevation_epoch: z.number().optional(),
  gen: z.number().optional(),
});

const toClaims = (payload: JWTPayload, keyId: string): AccessTokenClaims => {
  const { data, error } = Payload.safeParse(payload);
  // Signed by this server, but not as an access token.
  if (error) throw new errors.JWTInvalid("This is not the payload of an access token.");
  return {
    userId: data.sub as UserId,
    sessionId: data.sid as SessionId,
    tenantId: data.tid as TenantId,
    email: data.email,
    username: data.username,
    isOperator: data.role === "OPERATOR",
    // Tokens of the previous version have USER and possibly ADMIN and OPERATOR.
    roles: data.scope === undefined ? data.roles.flatMap((role) => EARLIER_ROLES[role] ?? []) : data.roles,
    permissions: data.scope?.split(" ").filter(Boolean) ?? null,
    audience: data.aud,
    amr: data.amr,
    authenticatedAt: new Date(data.auth_time * 1_000),
    issuedAt: new Date(data.iat * 1_000),
    expiresAt: new Date(data.exp * 1_000),
    elevation: elevationIn(data),
    generation: data.gen ?? null,
    keyId,
  };
};

const EARLIER_ROLES: Readonly<Record<string, string>> = { USER: "MEMBER", ADMIN: "ADMIN" };

/** The claim `role`: the highest role of the user. */
export const highestRoleIn = ({ isOperator, roles }: Pick<Bearer, "isOperator" | "roles">): string =>
  isOperator ? "OPERATOR" : roles.includes("ADMIN") ? "ADMIN" : "MEMBER";

const elevationIn = ({ elevated_until: until, elevation_epoch: epoch }: z.infer<typeof Payload>): Elevation | null =>
  until === undefined || epoch === undefined ? null : { until: new Date(until * 1_000), epoch };
