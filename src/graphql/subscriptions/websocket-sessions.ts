import { channelOfTenant, channelOfUser } from "#features/audit/index";
import type { SessionAuthenticator, WatchedSession, WatchedStanding } from "#features/sessions/index";
import type { Announcements } from "#platform/announcements/index";
import type { Clock } from "#platform/clock";
import type { Logger } from "#platform/logging";
import { SECOND } from "#shared/durations";
import { assertNever } from "#shared/errors";
import type { SessionId } from "#shared/ids";
import { CLOSE, type CloseReason, sessionEndedFor } from "./websocket-codes.ts";

/** Milliseconds between two looks at the clock, and how many of them until all sessions are looked up. */
const TICK = SECOND;
const TICKS_BETWEEN_LOOKS = 3;

/** A socket on which somebody is signed in. */
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
 * Sees to it that no socket outlives its session, nor its access token. A session is looked up whenever something is announced
 * of its user or tenant; and all of them, in one query, every few seconds: for what a replica that was killed, or a Redis that
 * was unavailable, did not announce them. While Postgres is unavailable nothing ends, and nothing is delivered either (access.ts).
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

  /** Watches over the socket from now on; answers what ends that. */
  watch(socket: SignedInSocket): () => void {
    const { userId, tenantId, sessionId } = socket.session;
    const look = () => this.look(socket);
    const listener = { onAnnounced: look, onMissed: look };
    const deaf = [channelOfUser(userId), channelOfTenant(tenantId)].map((channel) =>
      this.#deps.announcements.listen(channel, listener),
    );
    this.#sockets.add(socket);
    this.#bySession.set(sessionId, this.countOf(sessionId) + 1);
    // Between the look at its token and now anything may have been announced.
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

  /** Looks soon at how the socket's session stands, together with others for which that was asked meanwhile. */
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
      // Nothing is known: the sockets stay, and the next look finds out.
      this.#deps.log.warn({ err: error }, "the sessions of sockets could not be looked up");
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
