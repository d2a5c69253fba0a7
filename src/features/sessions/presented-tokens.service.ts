import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import { AppError } from "#shared/errors";
import type { Viewer } from "#shared/viewer";
import { parseRefreshToken, type RefreshTokens } from "./refresh-tokens.ts";
import { endReasonAt, isValidSession, type SessionEndReason } from "./sessions.policy.ts";
import { findSessionWithUser, type SessionWithUser } from "./sessions.repository.ts";

export interface PresentedTokensDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly refreshTokens: Pick<RefreshTokens, "isGenuine">;
}

/** The fields of a viewer that logout needs. */
export type TokenBearer = Pick<Viewer, "sessionId" | "userId" | "tenantId">;

/**
 * Uses of a genuine refresh token other than a refresh: ending its session, and reading why its session has ended. A token of
 * any generation is accepted, because neither use grants more than the end of the session.
 */
export class PresentedTokens {
  constructor(private readonly deps: PresentedTokensDeps) {}

  /**
   * Returns the bearer of a live session by its refresh token.
   * @throws {AppError} INVALID_REFRESH_TOKEN
   */
  async requireBearer(presented: string): Promise<TokenBearer> {
    const session = await this.#findSession(presented);
    if (!session || !isValidSession(session, this.deps.clock.now())) {
      const endReason = session && endReasonAt(session, this.deps.clock.now());
      throw new AppError("INVALID_REFRESH_TOKEN", endReason ? { endReason } : {});
    }
    return { sessionId: session.id, userId: session.userId, tenantId: session.tenantId };
  }

  /** Returns why the session of a genuine token has ended; null if the token is not genuine or the session is live. */
  async findEndReason(presented: string): Promise<SessionEndReason | null> {
    const session = await this.#findSession(presented);
    return session && endReasonAt(session, this.deps.clock.now());
  }

  async #findSession(presented: string): Promise<SessionWithUser | null> {
    const token = parseRefreshToken(presented);
    const session = token && (await findSessionWithUser(this.deps.db, token.sessionId));
    return token && session && this.deps.refreshTokens.isGenuine(token, session) ? session : null;
  }
}
