import type { AuditLog } from "#features/audit/index";
import { type DevicesService, observedDevice } from "#features/devices/index";
import type { LinksService } from "#features/links/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { MailQueue } from "#platform/mail/index";
import type { ClientInfo } from "#shared/client-info";
import { after, DAY, SECOND } from "#shared/durations";
import { assertNever } from "#shared/errors";
import type { SessionId } from "#shared/ids";
import { toLocale } from "#shared/locales";
import { DENY_LOGIN_LINK } from "./link-purposes.ts";
import { SESSION_CLAIMED } from "./mails/session-claimed.ts";
import { claimsWith, classifyRefreshToken, type RefreshOrigin } from "./refresh.policy.ts";
import {
  findRefreshStateForUpdate,
  updateSessionLostAnswers,
  updateSessionRefreshOrigin,
  updateSessionRotated,
  updateSessionRotatedAtHome,
} from "./refresh.repository.ts";
import { isElsewhere, isOtherNetwork } from "./refresh-origin.ts";
import type { RefreshToken, RefreshTokens } from "./refresh-tokens.ts";
import { refreshAhead, refreshAnswerLost, refreshFromElsewhere } from "./sessions.events.ts";
import { isValidSession, slidingExpiry } from "./sessions.policy.ts";
import { findSessionWithUser, type SessionWithUser } from "./sessions.repository.ts";
import type { SessionLifetimes } from "./sessions.service.ts";

/** The client presenting a refresh token, and its device token. */
export interface RefreshCaller {
  readonly client: ClientInfo;
  readonly deviceToken: string | null;
  /** Whether the next tokens are for the home tenant. */
  readonly atHome?: boolean;
  /** Throws before the token is rotated, so that the client keeps a valid one. */
  readonly ensure?: (session: SessionWithUser) => Promise<void>;
}

export type Rotation =
  /** The session, in the generation whose tokens are returned to the caller. */
  | { readonly outcome: "ROTATED"; readonly session: SessionWithUser }
  | { readonly outcome: "REUSED"; readonly session: SessionWithUser }
  | { readonly outcome: "REFUSED"; readonly session: SessionWithUser | null };

/** A session whose refresh token is claimed from another network. */
export interface ClaimElsewhere {
  readonly sessionId: SessionId;
  /** The claiming client. */
  readonly client: ClientInfo;
}

export interface RefreshRotationDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly refreshTokens: RefreshTokens;
  readonly devices: Pick<DevicesService, "isTokenOf">;
  readonly events: Pick<AuditLog, "record">;
  readonly mails: Pick<MailQueue, "enqueue">;
  readonly links: Pick<LinksService, "issue">;
  readonly lifetimes: SessionLifetimes;
}

/** Classifies a presented refresh token and rotates its session. */
export class RefreshRotation {
  constructor(private readonly deps: RefreshRotationDeps) {}

  /**
   * Costs one update if this process has recently issued a token of the session; else also a read by primary key. More for a rotated
   * token that is presented again.
   */
  async rotate(token: RefreshToken, caller: RefreshCaller): Promise<Rotation> {
    const known = caller.atHome && this.deps.refreshTokens.isKnownToBeGenuine(token);
    const session = known ? await this.#rotateKnown(token, caller) : null;
    return session ? { outcome: "ROTATED", session } : this.#readAndRotate(token, caller);
  }

  /** @returns null, without a change, unless everything is as usual */
  #rotateKnown(
    { sessionId: id, generation }: RefreshToken,
    { client }: RefreshCaller,
  ): Promise<SessionWithUser | null> {
    const { clock, db, lifetimes } = this.deps;
    const now = clock.now();
    const expiresAt = after(now, lifetimes.refreshTokenDays * DAY);
    return updateSessionRotatedAtHome(db, {
      id,
      generation,
      refreshedBy: originAt(generation, client),
      now,
      expiresAt,
    });
  }

  async #readAndRotate(token: RefreshToken, caller: RefreshCaller): Promise<Rotation> {
    const { db, clock, refreshTokens } = this.deps;
    const session = await findSessionWithUser(db, token.sessionId);
    const now = clock.now();
    if (!session || !refreshTokens.isGenuine(token, session)) return { outcome: "REFUSED", session: null };
    if (!isValidSession(session, now)) return { outcome: "REFUSED", session };
    await caller.ensure?.(session);
    const next = await this.#decide(token, session, caller, now);
    // A concurrent call rotated or ended the session between the read and the write: decide again with the current row.
    return next ?? this.#readAndRotate(token, caller);
  }

  /** @returns null if the session has changed since it was read */
  async #decide(
    { generation }: RefreshToken,
    session: SessionWithUser,
    caller: RefreshCaller,
    now: Date,
  ): Promise<Rotation | null> {
    const { db, events } = this.deps;
    const presented = classifyRefreshToken(generation, session, now, this.#grace);
    switch (presented) {
      case "CURRENT":
        return this.#rotateGeneration(db, session, generation, caller, now);
      case "AHEAD":
        return db.transaction(async (tx) => {
          const rotation = await this.#rotateGeneration(tx, session, generation, caller, now);
          if (rotation) await events.record(tx, refreshAhead(session, caller.client, generation));
          return rotation;
        });
      case "ROTATED_WITHIN_GRACE":
        await this.#notice(session, generation, caller);
        return { outcome: "ROTATED", session };
      case "UNANSWERED":
        return this.#claim(session, generation, caller, now);
      case "REUSED":
        return { outcome: "REUSED", session };
      default:
        return assertNever(presented);
    }
  }

  get #grace(): number {
    return this.deps.lifetimes.graceSeconds * SECOND;
  }

  async #rotateGeneration(
    db: Db,
    session: SessionWithUser,
    generation: number,
    { client }: RefreshCaller,
    now: Date,
  ): Promise<Rotation | null> {
    const expiresAt = slidingExpiry(now, this.deps.lifetimes.refreshTokenDays * DAY, session.endsAt);
    const refreshedBy = originAt(generation, client);
    const { id, refreshGeneration: expected } = session;
    const isRotated = await updateSessionRotated(db, { id, generation: expected, refreshedBy, now, expiresAt });
    if (!isRotated) return null;
    return { outcome: "ROTATED", session: { ...session, refreshGeneration: generation + 1, expiresAt } };
  }

  /** Records, once per rotation, that the token just rotated was presented again from another network or device. */
  async #notice(session: SessionWithUser, generation: number, caller: RefreshCaller): Promise<void> {
    const { db, events } = this.deps;
    await db.transaction(async (tx) => {
      const state = await findRefreshStateForUpdate(tx, session.id);
      const origin = state && originOf(state.refreshedBy, generation);
      if (!origin || origin.seenElsewhere) return;
      if (!isElsewhere(origin, caller.client) && !(await this.#isOtherDevice(tx, state.deviceId, caller))) return;
      await updateSessionRefreshOrigin(tx, session.id, { ...origin, seenElsewhere: true });
      await events.record(tx, refreshFromElsewhere(session, caller.client, origin));
    });
  }

  /**
   * Returns the same successor to the session's device again if the response may have been lost. The row is locked, so that
   * concurrent claims are counted one after the other.
   */
  async #claim(
    session: SessionWithUser,
    generation: number,
    { client, deviceToken }: RefreshCaller,
    now: Date,
  ): Promise<Rotation | null> {
    const { db, devices, events } = this.deps;
    return db.transaction(async (tx) => {
      const state = await findRefreshStateForUpdate(tx, session.id);
      if (!state || classifyRefreshToken(generation, state, now, this.#grace) !== "UNANSWERED") return null;
      const origin = originOf(state.refreshedBy, generation);
      const isOwnDevice = state.deviceId && deviceToken && (await devices.isTokenOf(tx, state.deviceId, deviceToken));
      const elsewhere = origin !== null && isOtherNetwork(origin, client);
      const claims = claimsWith(state.lostAnswers ?? [], elsewhere, now);
      if (!origin || !isOwnDevice || !claims) return { outcome: "REUSED", session };
      await updateSessionLostAnswers(tx, session.id, claims);
      await events.record(tx, refreshAnswerLost(session, client, origin, elsewhere));
      if (elsewhere) await this.#mailClaim(tx, session, client, now);
      return { outcome: "ROTATED", session };
    });
  }

  async #isOtherDevice(
    tx: Db,
    deviceId: SessionWithUser["deviceId"],
    { deviceToken }: RefreshCaller,
  ): Promise<boolean> {
    if (deviceId === null || deviceToken === null) return false;
    return !(await this.deps.devices.isTokenOf(tx, deviceId, deviceToken));
  }

  async #mailClaim(tx: Db, session: SessionWithUser, client: ClientInfo, at: Date): Promise<void> {
    const user = { id: session.userId, tenantId: session.tenantId };
    const claim: ClaimElsewhere = { sessionId: session.id, client };
    const link = await this.deps.links.issue(tx, { user, purpose: DENY_LOGIN_LINK, payload: { claim } });
    await this.deps.mails.enqueue(tx, SESSION_CLAIMED, {
      to: session.email,
      locale: toLocale(session.locale),
      data: {
        name: session.name,
        at,
        device: observedDevice(client.device),
        place: client.location?.label ?? null,
        ipAddress: client.ipAddress,
      },
      link,
    });
  }
}

const originAt = (generation: number, client: ClientInfo): RefreshOrigin => ({
  generation,
  ipAddress: client.ipAddress,
  device: client.device.label,
});

/** The client that rotated the token of this generation; null if not recorded. */
const originOf = (refreshedBy: RefreshOrigin | null, generation: number): RefreshOrigin | null =>
  refreshedBy?.generation === generation ? refreshedBy : null;
