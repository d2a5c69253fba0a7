import type { Clock } from "../../platform/clock.ts";
import type { Db } from "../../platform/database/database.ts";
import type { Client } from "../../shared/client.ts";
import { AppError } from "../../shared/errors.ts";
import type { AuthenticationMethod } from "../../shared/factors.ts";
import { provedWithin, type Viewer } from "../../shared/viewer.ts";
import type { SecurityLog } from "../audit/index.ts";
import {
  findProvedAt,
  updateSessionProved,
  updateSessionsProofsExpired,
  updateSessionsProofsWithdrawn,
} from "./session-proofs.repository.ts";
import { sessionEnded } from "./sessions.events.ts";
import type { SessionProof, WithdrawnProofs } from "./sessions.policy.ts";
import { findSession, type Session, updateSessionEnded } from "./sessions.repository.ts";

export interface SessionProofsDeps {
  readonly clock: Clock;
  readonly events: Pick<SecurityLog, "record">;
}

/** What sessions rest on: added by a step-up or a new factor, taken away with a factor, fresh for a while. */
export class SessionProofs {
  readonly #deps: SessionProofsDeps;

  constructor(deps: SessionProofsDeps) {
    this.#deps = deps;
  }

  /**
   * Ensures, behind the lock on the user's row, that the viewer's session lives and has proved something within `maxAge`
   * seconds: it may have ended, or have been made stale, while he waited for the lock. Throws UNAUTHENTICATED,
   * REAUTHENTICATION_REQUIRED.
   */
  async require(tx: Db, { sessionId }: Viewer, maxAge: number): Promise<void> {
    const authenticatedAt = await findProvedAt(tx, sessionId);
    if (authenticatedAt === null) throw new AppError("UNAUTHENTICATED");
    if (!provedWithin({ authenticatedAt }, maxAge, this.#deps.clock.now()))
      throw new AppError("REAUTHENTICATION_REQUIRED");
  }

  /** What the viewer's session rests on. */
  async methodsOf(tx: Db, viewer: Viewer): Promise<readonly AuthenticationMethod[]> {
    return (await findSession(tx, viewer.sessionId, viewer.tenantId))?.authenticatedWith ?? [];
  }

  /** Notes that the viewer has just proved a credential again (step-up), inside a transaction of `SessionsService.changing`. */
  async note(tx: Db, viewer: Viewer, proof: SessionProof): Promise<Session | null> {
    return updateSessionProved(tx, viewer.sessionId, { ...proof, authenticatedAt: this.#deps.clock.now() });
  }

  /** Adds to what the viewer's session rests on, inside a transaction of `SessionsService.changing`. */
  async add(tx: Db, viewer: Viewer, proof: SessionProof): Promise<void> {
    await updateSessionProved(tx, viewer.sessionId, proof);
  }

  /**
   * Takes proofs from all sessions of the viewer, inside a transaction of `SessionsService.changing`. Another session that had one of them is
   * fresh no longer, for that may be what made it so, and ends where it rests on nothing else. The viewer's own stays; where
   * nothing is left of what it rests on, it proves something anew before the next step that needs it.
   */
  async withdraw(tx: Db, viewer: Viewer, proofs: WithdrawnProofs, client: Client): Promise<void> {
    const { clock, events } = this.#deps;
    const baseless = await updateSessionsProofsWithdrawn(tx, { userId: viewer.userId, own: viewer.sessionId }, proofs);
    if (baseless.includes(viewer.sessionId))
      await updateSessionsProofsExpired(tx, viewer.userId, { only: viewer.sessionId });
    for (const id of baseless.filter((other) => other !== viewer.sessionId)) {
      const ended = await updateSessionEnded(tx, id, clock.now(), "REVOKED");
      if (ended) await events.record(tx, sessionEnded(ended, "REVOKED", { client }));
    }
  }

  /** What the viewer's other sessions have proved counts as fresh no longer. Inside a transaction of `SessionsService.changing`. */
  async expireOthers(tx: Db, viewer: Viewer): Promise<void> {
    await updateSessionsProofsExpired(tx, viewer.userId, { except: viewer.sessionId });
  }
}
