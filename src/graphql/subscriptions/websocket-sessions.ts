import { channelOfTenant, channelOfUser } from "#features/audit/index";
import type { SessionAuthenticator, WatchedSession, WatchedStanding } from "#features/sessions/index";
import type { Announcements } from "#platform/announcements/index";
import type { Clock } from "#platform/clock";
import type { Logger } from "#platform/logging";
import { SECOND } from "#shared/durations";
import { assertNever } from "#shared/errors";
import type { SessionId } from "#shared/ids";
import { CLOSE, type CloseReason, sessionEndedFor } from "./websocket-codes.ts";

/** Milliseconds between two checks of the clock, and how many of them until all sessions are looked up. */
const TICK = SECOND;
const TICKS_BETWEEN_LOOKS = 3;

/** A socket of a signed-in user. */
export interface SignedInSocket {
  readonly session: WatchedSession;
  readonly tokenExpiresAt: Date;
  /** The key that signed its token. */
  readonly keyId: string;
  close(reason: CloseReason): void;
}

interface SocketSessionsDeps {
  readonly authenticator: Pick<SessionAuthenticator, "standingsOf" | "acceptsKey">;
  readonly announcements: Pick<Announcements, "listen">;
  readonly clock: Clock;
  readonly log: Pick<Logger, "warn">;
}

/**
 * Ensures that no socket outlives its session or its access token. A session is looked up whenever a message is published about
 * its user or tenant. In addition, all of them are looked up in one query every few seconds, because a killed replica or an
 * unavailable Redis may not have delivered a message. While Postgres is unavailable, no socket is closed, and no events are
 * delivered either (access.ts).
 */
export class SocketSessions {
  readonly #deps: SocketSessionsDeps;
  readonly #sockets = new Set<SignedInSocket>();
  readonly #bySession = new Map<SessionId, number>();
  readonly #timer: NodeJS.Timeout;
  #due = new Set<SignedInSocket>();
  #looking = false;
  #ticks = 0;

  constructor(deps: SocketSessionsDeps) {
    this.#deps = deps;
    this.#timer = setInterval(() => this.#tick(), TICK);
    this.#timer.unref();
  }

  /** How many sockets of this process are open on the session. */
  countOf(id: SessionId): number {
    return this.#bySession.get(id) ?? 0;
  }

  /**
   * Watches the socket from now on.
   *
   * @returns a function that stops watching
   */
  watch(socket: SignedInSocket): () => void {
    const { userId, tenantId, sessionId } = socket.session;
    const look = () => this.look(socket);
    const listener = { onAnnounced: look, onMissed: look };
    const deaf = [channelOfUser(userId), channelOfTenant(tenantId)].map((channel) =>
      this.#deps.announcements.listen(channel, listener),
    );
    this.#sockets.add(socket);
    this.#bySession.set(sessionId, this.countOf(sessionId) + 1);
    // A message may have been published between the verification of the token and now.
    look();
    return () => {
      if (!this.#sockets.delete(socket)) return;
      this.#due.delete(socket);
      for (const stopListening of deaf) stopListening();
      const left = this.countOf(sessionId) - 1;
      if (left > 0) this.#bySession.set(sessionId, left);
      else this.#bySession.delete(sessionId);
    };
  }

  /** Checks the socket's session soon, batched with other requested checks. */
  look(socket: SignedInSocket): void {
    this.#due.add(socket);
    void this.#lookAtDue();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const now = this.#deps.clock.now();
    const { authenticator } = this.#deps;
    for (const socket of this.#sockets)
      if (socket.tokenExpiresAt <= now || !authenticator.acceptsKey(socket.keyId)) socket.close(CLOSE.tokenOutdated);
    this.#ticks += 1;
    if (this.#ticks % TICKS_BETWEEN_LOOKS !== 0) return;
    for (const socket of this.#sockets) this.#due.add(socket);
    void this.#lookAtDue();
  }

  async #lookAtDue(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      while (this.#due.size > 0) await this.#lookAt(this.#takeDue());
    } catch (error) {
      // The state is unknown: the sockets stay open until the next check.
      this.#deps.log.warn({ err: error }, "failed to look up the sessions of sockets");
    } finally {
      this.#looking = false;
    }
  }

  #takeDue(): SignedInSocket[] {
    const due = [...this.#due];
    this.#due = new Set();
    return due;
  }

  async #lookAt(sockets: readonly SignedInSocket[]): Promise<void> {
    const standings = await this.#deps.authenticator.standingsOf(sockets.map(({ session }) => session));
    sockets.forEach((socket, index) => {
      const standing = standings[index];
      if (standing && this.#sockets.has(socket)) closeWhere(standing, socket);
    });
  }
}

const closeWhere = ({ standing, endReason }: WatchedStanding, socket: SignedInSocket): void => {
  switch (standing) {
    case "LIVE":
      return;
    case "OUTDATED":
      socket.close(CLOSE.tokenOutdated);
      return;
    case "NOT_A_MEMBER":
      socket.close(CLOSE.notAMember);
      return;
    case "ENDED":
      socket.close(sessionEndedFor(endReason));
      return;
    default:
      assertNever(standing);
  }
};
