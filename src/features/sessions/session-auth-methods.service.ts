import type { AuditLog } from "#features/audit/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { KeyRing } from "#platform/secrets";
import type { ClientInfo } from "#shared/client-info";
import { AppError } from "#shared/errors";
import type { UserId } from "#shared/ids";
import { isElevated, type Viewer } from "#shared/viewer";
import { sessionOfTicket } from "./enrolment-tickets.ts";
import {
  consumeEnrolmentTicket,
  findElevationEpoch,
  type SteppedUpSession,
  updateSessionAuthMethods,
  updateSessionsAuthMethodsRevoked,
  updateSessionsElevationsRevoked,
} from "./session-auth-methods.repository.ts";
import { sessionEnded } from "./sessions.events.ts";
import type { RevokedAuthMethods, SessionAuthMethod } from "./sessions.policy.ts";
import { updateSessionEnded } from "./sessions.repository.ts";

export interface SessionAuthMethodsDeps {
  readonly clock: Clock;
  readonly keyRing: Pick<KeyRing, "verify">;
  readonly events: Pick<AuditLog, "record">;
}

/** The authentication methods of sessions: added by a step-up or a new factor, removed with a factor. Also checks and revokes elevations. */
export class SessionAuthMethods {
  constructor(private readonly deps: SessionAuthMethodsDeps) {}

  /**
   * Ensures, with the user's row locked, that the viewer's session is live and its elevations were not revoked since the access
   * token was verified. The access rules have already checked that the token is elevated.
   * @throws {AppError} UNAUTHENTICATED, REAUTHENTICATION_REQUIRED
   */
  async require(tx: Db, { sessionId, elevationEpoch }: Viewer): Promise<void> {
    const epoch = await findElevationEpoch(tx, sessionId);
    if (epoch === null) throw new AppError("UNAUTHENTICATED");
    if (epoch !== elevationEpoch) throw new AppError("REAUTHENTICATION_REQUIRED");
  }

  /**
   * Ensures that the viewer may start enrolling a second factor: with an elevated token, on an enrolment-only session, or with the
   * enrolment ticket of the login, which is consumed.
   * @throws {AppError} REAUTHENTICATION_REQUIRED
   */
  async admitEnrolment(db: Db, viewer: Viewer, ticket: string | null): Promise<void> {
    const { clock, keyRing } = this.deps;
    if (viewer.enrolmentOnly || isElevated(viewer, clock.now())) return;
    const isOwn = ticket !== null && sessionOfTicket(keyRing, ticket) === viewer.sessionId;
    if (isOwn && (await consumeEnrolmentTicket(db, viewer.sessionId, clock.now()))) return;
    throw new AppError("REAUTHENTICATION_REQUIRED");
  }

  /** Records that the viewer has just passed a step-up, inside a transaction of `SessionsService.withSessionInvalidation`. */
  async record(tx: Db, viewer: Viewer, proof: SessionAuthMethod): Promise<SteppedUpSession | null> {
    return updateSessionAuthMethods(tx, viewer.sessionId, { ...proof, authenticatedAt: this.deps.clock.now() });
  }

  /** Adds a proof to the viewer's session, inside a transaction of `SessionsService.withSessionInvalidation`. */
  async add(tx: Db, viewer: Viewer, proof: SessionAuthMethod): Promise<void> {
    await updateSessionAuthMethods(tx, viewer.sessionId, proof);
  }

  /**
   * Removes proofs from all sessions of the viewer, inside a transaction of `SessionsService.withSessionInvalidation`. Other sessions
   * with such a proof lose their elevations, which may be based on it, and end if no proof is left. The viewer's own session stays;
   * if it has no proof left, it needs another step-up before the next change.
   */
  async revoke(tx: Db, viewer: Viewer, revoked: RevokedAuthMethods, client: ClientInfo): Promise<void> {
    const { clock, events } = this.deps;
    const baseless = await updateSessionsAuthMethodsRevoked(
      tx,
      { userId: viewer.userId, own: viewer.sessionId },
      revoked,
    );
    if (baseless.includes(viewer.sessionId))
      await updateSessionsElevationsRevoked(tx, viewer.userId, { only: viewer.sessionId });
    for (const id of baseless.filter((other) => other !== viewer.sessionId)) {
      const ended = await updateSessionEnded(tx, id, clock.now(), "REVOKED");
      if (ended) await events.record(tx, sessionEnded(ended, "REVOKED", { client }));
    }
  }

  /** Revokes all elevations of the user, inside a transaction of `SessionsService.withSessionInvalidation`. */
  async revokeElevations(tx: Db, userId: UserId): Promise<void> {
    await updateSessionsElevationsRevoked(tx, userId, "ALL");
  }

  /** Revokes the elevations of the viewer's other sessions, inside a transaction of `SessionsService.withSessionInvalidation`. */
  async revokeOtherElevations(tx: Db, viewer: Viewer): Promise<void> {
    await updateSessionsElevationsRevoked(tx, viewer.userId, { except: viewer.sessionId });
  }
}
