import type { PermissionCatalogue } from "#features/memberships/index";
import type { AccessTokens } from "#features/tokens/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import { SECOND } from "#shared/durations";
import { AppError, badInput } from "#shared/errors";
import { parseId, type TenantId } from "#shared/ids";
import { membershipIn } from "#shared/memberships";
import type { Viewer } from "#shared/viewer";
import { notAMember } from "./not-a-member.ts";
import { classifyRefreshToken } from "./refresh.policy.ts";
import { parseRefreshToken, type RefreshTokens } from "./refresh-tokens.ts";
import { isValidSession } from "./sessions.policy.ts";
import { findSessionWithUser, type SessionWithUser } from "./sessions.repository.ts";
import type { SessionLifetimes } from "./sessions.service.ts";
import type { TenantEntry } from "./tenant-entry.ts";

export interface TenantTokensDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly accessTokens: Pick<AccessTokens, "issue" | "verify">;
  readonly permissionCatalogue: Pick<PermissionCatalogue, "accessOf">;
  readonly tenantEntry: Pick<TenantEntry, "require">;
  readonly refreshTokens: Pick<RefreshTokens, "isGenuine">;
  readonly lifetimes: Pick<SessionLifetimes, "graceSeconds">;
  /** The services for which tokens may be issued, besides this API. */
  readonly audiences: readonly string[];
}

/** The tokens presented by the client, and the requested token. */
export interface TenantTokenRequest {
  readonly accessToken: string;
  /** Null without a refresh token. */
  readonly refreshToken: string | null;
  readonly tenantId: string;
  /** Null: this API. */
  readonly audience: string | null;
}

/** An access token for one tenant. */
export interface TenantToken {
  readonly accessToken: string;
  /** Seconds. */
  readonly expiresIn: number;
  readonly tenantId: TenantId;
}

/** Access tokens for the tenants of a signed-in user, so that each browser tab can use a different tenant. */
export class TenantTokens {
  constructor(private readonly deps: TenantTokensDeps) {}

  /**
   * Issues an access token for another membership or another service. It copies expiry, `amr` and `auth_time` of the caller's access
   * token and is never elevated, so that a stolen or elevated token gains nothing. The session's refresh token is required, so
   * that a service that received only an access token cannot exchange it; it is not rotated.
   * @throws {AppError} BAD_USER_INPUT if the audience is not declared, INVALID_REFRESH_TOKEN, UNAUTHENTICATED,
   * FORBIDDEN/NOT_A_MEMBER, FORBIDDEN/TENANT_REQUIRES_SECOND_FACTOR
   */
  async issue(
    viewer: Pick<Viewer, "sessionId">,
    { accessToken, refreshToken, tenantId: wanted, audience }: TenantTokenRequest,
  ): Promise<TenantToken> {
    const { accessTokens, clock, permissionCatalogue, tenantEntry } = this.deps;
    if (audience !== null && !this.deps.audiences.includes(audience))
      throw badInput({ path: "input.audience", message: "This audience is not declared." });
    const session = await this.#requireSession(viewer, refreshToken);
    const tenantId = parseId<TenantId>(wanted);
    if (tenantId === null) throw notAMember();
    await tenantEntry.require(session, tenantId);
    const membership = membershipIn(session.memberships, tenantId) ?? notMember();
    const presented = await accessTokens.verify(accessToken);
    if (presented.outcome !== "VALID") throw new AppError("UNAUTHENTICATED");
    const { amr, authenticatedAt, expiresAt } = presented.claims;
    const issued = await accessTokens.issue({
      userId: session.userId,
      sessionId: session.id,
      tenantId,
      email: session.email,
      username: session.username,
      isOperator: session.isOperator,
      ...permissionCatalogue.accessOf(membership, session),
      amr,
      authenticatedAt,
      expiresAt,
      ...(audience !== null && { audience }),
    });
    const expiresIn = Math.max(0, Math.floor((expiresAt.getTime() - clock.now().getTime()) / SECOND));
    return { accessToken: issued, expiresIn, tenantId };
  }

  /** Returns the caller's live session if the refresh token is the current one, or was rotated within the grace time. */
  async #requireSession({ sessionId }: Pick<Viewer, "sessionId">, presented: string | null): Promise<SessionWithUser> {
    const { clock, db, lifetimes, refreshTokens } = this.deps;
    const token = presented === null ? null : parseRefreshToken(presented);
    if (token === null || token.sessionId !== sessionId) throw new AppError("INVALID_REFRESH_TOKEN");
    const session = await findSessionWithUser(db, sessionId);
    const now = clock.now();
    if (!session || !refreshTokens.isGenuine(token, session)) throw new AppError("INVALID_REFRESH_TOKEN");
    if (!isValidSession(session, now) || session.enrolmentOnly) throw new AppError("INVALID_REFRESH_TOKEN");
    const state = classifyRefreshToken(token.generation, session, now, lifetimes.graceSeconds * SECOND);
    if (state !== "CURRENT" && state !== "ROTATED_WITHIN_GRACE") throw new AppError("INVALID_REFRESH_TOKEN");
    return session;
  }
}

const notMember = (): never => {
  throw notAMember();
};
