import type { Clock } from "../../platform/clock.ts";
import type { Db } from "../../platform/database/database.ts";
import type { MailQueue } from "../../platform/mail/index.ts";
import type { Client } from "../../shared/client.ts";
import { DAY, SECOND } from "../../shared/durations.ts";
import { AppError, assertNever } from "../../shared/errors.ts";
import { toLocale } from "../../shared/locales.ts";
import type { SecurityLog } from "../audit/index.ts";
import { observedDevice } from "../devices/index.ts";
import type { AccessTokens } from "../tokens/index.ts";
import type { User } from "../users/index.ts";
import { parseRefreshToken, type RefreshToken, type RefreshTokens } from "./refresh-tokens.ts";
import { sessionEnded, tokenReused } from "./sessions.events.ts";
import { amrOf, isUsable, judgePresented, slidingExpiry } from "./sessions.policy.ts";
import {
  findIdentifiedSession,
  type IdentifiedSession,
  type SessionRow,
  updateSessionEnded,
  updateSessionRotated,
} from "./sessions.repository.ts";
import type { SessionLifetimes, SessionsService } from "./sessions.service.ts";

/** A fresh pair of tokens. */
export interface TokenPair {
  readonly accessToken: string;
  /** Seconds. */
  readonly expiresIn: number;
  readonly refreshToken: string;
  readonly refreshExpiresAt: Date;
}

export interface SessionTokensDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly accessTokens: AccessTokens;
  readonly refreshTokens: RefreshTokens;
  readonly sessions: Pick<SessionsService, "changing">;
  readonly events: Pick<SecurityLog, "record">;
  readonly mails: Pick<MailQueue, "enqueue">;
  readonly lifetimes: SessionLifetimes;
}

type Rotation =
  | { readonly outcome: "ROTATED"; readonly session: IdentifiedSession }
  | { readonly outcome: "REPLAYED"; readonly session: IdentifiedSession }
  | { readonly outcome: "REFUSED" };

/** The tokens of sessions: handed out at login, exchanged ever after. */
export class SessionTokensService {
  readonly #deps: SessionTokensDeps;

  constructor(deps: SessionTokensDeps) {
    this.#deps = deps;
  }

  /** The session's current tokens: a new access token, and the refresh token of its generation. */
  async issue(
    session: Pick<
      SessionRow,
      | "id"
      | "userId"
      | "tenantId"
      | "authenticatedWith"
      | "authenticatedAt"
      | "refreshGeneration"
      | "refreshNonce"
      | "expiresAt"
    >,
    user: Pick<User, "email" | "username" | "roles">,
  ): Promise<TokenPair> {
    const { accessTokens, refreshTokens } = this.#deps;
    const accessToken = await accessTokens.issue({
      userId: session.userId,
      sessionId: session.id,
      tenantId: session.tenantId,
      email: user.email,
      username: user.username,
      roles: user.roles,
      amr: amrOf(session.authenticatedWith),
      authenticatedAt: session.authenticatedAt,
    });
    return {
      accessToken,
      expiresIn: accessTokens.lifetime,
      refreshToken: refreshTokens.tell(session, session.refreshGeneration),
      refreshExpiresAt: session.expiresAt,
    };
  }

  /**
   * Exchanges a refresh token for a new pair. One read by primary key and one update; the token just spent is told the same
   * successor again within the grace time, an older one ends its session. Throws INVALID_REFRESH_TOKEN.
   */
  async refresh(presented: string, client: Client): Promise<TokenPair> {
    const token = parseRefreshToken(presented);
    if (token === null) throw new AppError("INVALID_REFRESH_TOKEN");
    const rotation = await this.#rotate(token);
    switch (rotation.outcome) {
      case "ROTATED":
        return this.issue(rotation.session, rotation.session);
      case "REPLAYED":
        await this.#endCompromised(rotation.session, client);
        throw new AppError("INVALID_REFRESH_TOKEN", { reason: "TOKEN_REUSED" });
      case "REFUSED":
        throw new AppError("INVALID_REFRESH_TOKEN");
      default:
        return assertNever(rotation);
    }
  }

  async #rotate(token: RefreshToken): Promise<Rotation> {
    const { db, clock, refreshTokens, lifetimes } = this.#deps;
    const session = await findIdentifiedSession(db, token.sessionId);
    const now = clock.now();
    if (!session || !refreshTokens.isGenuine(token, session) || !isUsable(session, now)) return { outcome: "REFUSED" };

    switch (judgePresented(token.generation, session, now, lifetimes.graceSeconds * SECOND)) {
      case "REPLAYED":
        return { outcome: "REPLAYED", session };
      case "JUST_SPENT":
        return { outcome: "ROTATED", session };
      case "CURRENT": {
        const expiresAt = slidingExpiry(now, lifetimes.refreshTokenDays * DAY, session.endsAt);
        const rotated = await updateSessionRotated(db, {
          id: session.id,
          generation: token.generation,
          now,
          expiresAt,
        });
        if (rotated)
          return { outcome: "ROTATED", session: { ...session, refreshGeneration: rotated.generation, expiresAt } };
        // Somebody rotated, or ended, the session between our read and our write: judge again by what is there now.
        return this.#rotate(token);
      }
    }
  }

  async #endCompromised(session: IdentifiedSession, client: Client): Promise<void> {
    const { clock, events, mails, sessions } = this.#deps;
    const at = clock.now();
    await sessions.changing(session.userId, async (tx) => {
      const ended = await updateSessionEnded(tx, session.id, at, "TOKEN_REUSED");
      if (ended === null) return;
      await events.record(tx, tokenReused(session, client), sessionEnded(session, "TOKEN_REUSED", { client }));
      await mails.enqueue(tx, {
        template: "session-compromised",
        to: session.email,
        locale: toLocale(session.locale),
        data: { name: session.name, at, device: observedDevice(session.device) },
      });
    });
  }
}
