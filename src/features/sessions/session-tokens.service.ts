import type { SecurityLog } from "#features/audit/index";
import { observedDevice } from "#features/devices/index";
import type { AccessTokenSubject, AccessTokens } from "#features/tokens/index";
import type { User } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { MailQueue } from "#platform/mail/index";
import type { Client } from "#shared/client";
import { AppError, assertNever } from "#shared/errors";
import { toLocale } from "#shared/locales";
import { elevatedFrom } from "#shared/viewer";
import { SESSION_COMPROMISED } from "./mails/session-compromised.ts";
import type { RefreshCaller, RefreshRotation } from "./refresh-rotation.ts";
import { parseRefreshToken, type RefreshTokens } from "./refresh-tokens.ts";
import type { SteppedUpSession } from "./session-proofs.repository.ts";
import { sessionEnded, tokenReused } from "./sessions.events.ts";
import { amrOf } from "./sessions.policy.ts";
import { type IdentifiedSession, type SessionRow, updateSessionEnded } from "./sessions.repository.ts";
import type { SessionsService } from "./sessions.service.ts";

/** A fresh pair of tokens. */
export interface TokenPair {
  readonly accessToken: string;
  /** Seconds. */
  readonly expiresIn: number;
  readonly refreshToken: string;
  readonly refreshExpiresAt: Date;
}

/** What `reauthenticate` returns. */
export interface ElevatedToken {
  readonly accessToken: string;
  /** Seconds. */
  readonly expiresIn: number;
  readonly elevatedUntil: Date;
}

export interface SessionTokensDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly accessTokens: AccessTokens;
  readonly refreshTokens: RefreshTokens;
  readonly rotation: Pick<RefreshRotation, "rotate">;
  readonly sessions: Pick<SessionsService, "changing">;
  readonly events: Pick<SecurityLog, "record">;
  readonly mails: Pick<MailQueue, "enqueue">;
}

/** The tokens of sessions: handed out at login, exchanged ever after. */
export class SessionTokensService {
  constructor(private readonly deps: SessionTokensDeps) {}

  /** The session's current tokens: a new access token, and the refresh token of its generation. */
  async issue(
    session: Pick<
      SessionRow,
      | "id"
      | "userId"
      | "tenantId"
      | "authenticatedWith"
      | "authenticatedAt"
      | "enrolmentOnly"
      | "refreshGeneration"
      | "refreshNonce"
      | "expiresAt"
    >,
    user: Pick<User, "email" | "username" | "roles">,
  ): Promise<TokenPair> {
    const { accessTokens, refreshTokens } = this.deps;
    const generation = session.refreshGeneration;
    const accessToken = await accessTokens.issue({ ...subjectOf(session, user), generation });
    return {
      accessToken,
      expiresIn: accessTokens.lifetime,
      refreshToken: refreshTokens.tell(session, session.refreshGeneration),
      refreshExpiresAt: session.expiresAt,
    };
  }

  /**
   * An elevated access token, after a step-up that is committed. No refresh token goes with it: what a refresh returns is not
   * elevated, and the session's other tokens stay as they are.
   */
  async elevate(session: SteppedUpSession, user: Pick<User, "email" | "username" | "roles">): Promise<ElevatedToken> {
    const { accessTokens, clock } = this.deps;
    const elevatedUntil = elevatedFrom(clock.now());
    const elevation = { until: elevatedUntil, epoch: session.elevationEpoch };
    const accessToken = await accessTokens.issue({ ...subjectOf(session, user), elevation });
    return { accessToken, expiresIn: accessTokens.lifetime, elevatedUntil };
  }

  /**
   * Exchanges a refresh token for a new pair. A token that was spent gets the same successor again within the grace time, and
   * later if that answer may have been lost; otherwise it ends its session.
   * @throws {AppError} INVALID_REFRESH_TOKEN
   */
  async refresh(presented: string, caller: RefreshCaller): Promise<TokenPair> {
    const token = parseRefreshToken(presented);
    if (token === null) throw new AppError("INVALID_REFRESH_TOKEN");
    const rotation = await this.deps.rotation.rotate(token, caller);
    switch (rotation.outcome) {
      case "ROTATED":
        return this.issue(rotation.session, rotation.session);
      case "REPLAYED":
        await this.#endCompromised(rotation.session, caller.client);
        throw new AppError("INVALID_REFRESH_TOKEN", { reason: "TOKEN_REUSED" });
      case "REFUSED":
        throw new AppError("INVALID_REFRESH_TOKEN");
      default:
        return assertNever(rotation);
    }
  }

  async #endCompromised(session: IdentifiedSession, client: Client): Promise<void> {
    const { clock, events, mails, sessions } = this.deps;
    const at = clock.now();
    await sessions.changing(session.userId, async (tx) => {
      const ended = await updateSessionEnded(tx, session.id, at, "TOKEN_REUSED");
      if (ended === null) return;
      await events.record(tx, tokenReused(session, client), sessionEnded(session, "TOKEN_REUSED", { client }));
      await mails.enqueue(tx, SESSION_COMPROMISED, {
        to: session.email,
        locale: toLocale(session.locale),
        data: { name: session.name, at, device: observedDevice(session.device) },
      });
    });
  }
}

const subjectOf = (
  session: Pick<SessionRow, "id" | "userId" | "tenantId" | "authenticatedWith" | "authenticatedAt" | "enrolmentOnly">,
  { email, username, roles }: Pick<User, "email" | "username" | "roles">,
): AccessTokenSubject => ({
  userId: session.userId,
  sessionId: session.id,
  tenantId: session.tenantId,
  email,
  username,
  roles,
  amr: amrOf(session.authenticatedWith),
  authenticatedAt: session.authenticatedAt,
  enrolmentOnly: session.enrolmentOnly,
});
