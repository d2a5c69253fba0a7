import type { SecurityLog } from "#features/audit/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { KeyRing } from "#platform/secrets";
import type { Client } from "#shared/client";
import { AppError } from "#shared/errors";
import type { UserId } from "#shared/ids";
import { isElevated, type Viewer } from "#shared/viewer";
import { sessionOfTicket } from "./enrolment-tickets.ts";
import {
  consumeEnrolmentTicket,
  findElevationEpoch,
  type SteppedUpSession,
  updateSessionProved,
  updateSessionsElevationsWithdrawn,
  updateSessionsProofsWithdrawn,
} from "./session-proofs.repository.ts";
import { sessionEnded } from "./sessions.events.ts";
import type { SessionProof, WithdrawnProofs } from "./sessions.policy.ts";
import { updateSessionEnded } from "./sessions.repository.ts";

export interface SessionProofsDeps {
  readonly clock: Clock;
  readonly keyRing: Pick<KeyRing, "verify">;
  readonly events: Pick<SecurityLog, "record">;
}

/** What sessions rest on: added by a step-up or a new factor, taken away with a factor; and what their elevated tokens open. */
export class SessionProofs {
  constructor(private readonly deps: SessionProofsDeps) {}

  /**
   * Ensures, behind the lock on the user's row, that the viewer's session lives and its elevations were not withdrawn since the
   * access token was checked. The access rules have checked that the token is elevated.
   * @throws {AppError} UNAUTHENTICATED, REAUTHENTICATION_REQUIRED
   */
  async require(tx: Db, { sessionId, elevationEpoch }: Viewer): Promise<void> {
    const epoch = await findElevationEpoch(tx, sessionId);
    if (epoch === null) throw new AppError("UNAUTHENTICATED");
    if (epoch !== elevationEpoch) throw new AppError("REAUTHENTICATION_REQUIRED");
  }

  /**
   * Ensures that the viewer may begin to enrol a second factor: with an elevated token, on a session for nothing else, or
   * with the enrolment ticket of the login, which is used up by that.
   * @throws {AppError} REAUTHENTICATION_REQUIRED
   */
  async admitEnrolment(db: Db, viewer: Viewer, ticket: string | null): Promise<void> {
    const { clock, keyRing } = this.deps;
    if (viewer.enrolmentOnly || isElevated(viewer, clock.now())) return;
    const isOwn = ticket !== null && sessionOfTicket(keyRing, ticket) === viewer.sessionId;
    if (isOwn && (await consumeEnrolmentTicket(db, viewer.sessionId, clock.now()))) return;
    throw new AppError("REAUTHENTICATION_REQUIRED");
  }

  /** Notes that the viewer has just proved a credential again (step-up), inside a transaction of `SessionsService.changing`. */
  async note(tx: Db, viewer: Viewer, proof: SessionProof): Promise<SteppedUpSession | null> {
    return updateSessionProved(tx, viewer.sessionId, { ...proof, authenticatedAt: this.deps.clock.now() });
  }

  /** Adds to what the viewer's session rests on, inside a transaction of `SessionsService.changing`. */
  async add(tx: Db, viewer: Viewer, proof: SessionProof): Promise<void> {
    await updateSessionProved(tx, viewer.sessionId, proof);
  }

  /**
   * Takes proofs from all sessions of the viewer, inside a transaction of `SessionsService.changing`. Another session that had
   * one of them loses its elevations, for they may rest on it, and ends if it rests on nothing else. The viewer's own session
   * stays; if nothing is left of what it rests on, it needs another step-up before the next change.
   */
  async withdraw(tx: Db, viewer: Viewer, proofs: WithdrawnProofs, client: Client): Promise<void> {
    const { clock, events } = this.deps;
    const baseless = await updateSessionsProofsWithdrawn(tx, { userId: viewer.userId, own: viewer.sessionId }, proofs);
    if (baseless.includes(viewer.sessionId))
      await updateSessionsElevationsWithdrawn(tx, viewer.userId, { only: viewer.sessionId });
    for (const id of baseless.filter((other) => other !== viewer.sessionId)) {
      const ended = await updateSessionEnded(tx, id, clock.now(), "REVOKED");
      if (ended) await events.record(tx, sessionEnded(ended, "REVOKED", { client }));
    }
  }

  /** Withdraws all elevations of the user, inside a transaction of `SessionsService.changing`. */
  async withdrawElevations(tx: Db, userId: UserId): Promise<void> {
    await updateSessionsElevationsWithdrawn(tx, userId, "ALL");
  }

  /** Withdraws the elevations of the viewer's other sessions, inside a transaction of `SessionsService.changing`. */
  async withdrawOtherElevations(tx: Db, viewer: Viewer): Promise<void> {
    await updateSessionsElevationsWithdrawn(tx, viewer.userId, { except: viewer.sessionId });
  }
}
