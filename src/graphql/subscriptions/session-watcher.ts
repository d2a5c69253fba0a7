import { tenantChannel, userChannel } from "#features/audit/index";
import type { SessionAuthenticator, WatchedSession, WatchedSessionCheck } from "#features/sessions/index";
import type { Clock } from "#platform/clock";
import type { Logger } from "#platform/logging";
import type { PubSub } from "#platform/pubsub/index";
import { SECOND } from "#shared/durations";
import { assertNever } from "#shared/errors";
import type { SessionId } from "#shared/ids";
import { CLOSE, type CloseReason, sessionEndedFor } from "./close-codes.ts";

/** Time between two checks of the clock, and how many of them until all sessions are looked up. */
const TICK_MS = SECOND;
const RECHECK_EVERY_TICKS = 3;

/** A socket of a signed-in user. */
export interface SignedInSocket {
  readonly session: WatchedSession;
  readonly tokenExpiresAt: Date;
  /** The key that signed its token. */
  readonly keyId: string;
  close(reason: CloseReason): void;
}

interface SessionWatcherDeps {
  readonly authenticator: Pick<SessionAuthenticator, "checkSessions" | "acceptsKey">;
  readonly pubsub: Pick<PubSub, "listen">;
  readonly clock: Clock;
  readonly log: Pick<Logger, "warn">;
}

/**
 * Ensures that no socket outlives its session or its access token. A session is looked up whenever a message is published about
 * its user or tenant. In addition, all of them are looked up in one query every few seconds, because a killed replica or an
 * unavailable Redis may not have delivered a message. While Postgres is unavailable, no socket is closed, and no events are
 * delivered either (access.ts).
 */
export class SessionWatcher {
  readonly #deps: SessionWatcherDeps;
  readonly #sockets = new Set<SignedInSocket>();
  readonly #bySession = new Map<SessionId, number>();
  readonly #timer: NodeJS.Timeout;
  #due = new Set<SignedInSocket>();
  #checking = false;
  #ticks = 0;

  constructor(deps: SessionWatcherDeps) {
    this.#deps = deps;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
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
    const recheck = () => this.scheduleCheck(socket);
    const listener = { onMessage: recheck, onGap: recheck };
    const stopFunctions = [userChannel(userId), tenantChannel(tenantId)].map((channel) =>
      this.#deps.pubsub.listen(channel, listener),
    );
    this.#sockets.add(socket);
    this.#bySession.set(sessionId, this.countOf(sessionId) + 1);
    // A message may have been published between the verification of the token and now.
    recheck();
    return () => {
      if (!this.#sockets.delete(socket)) return;
      this.#due.delete(socket);
      for (const stopListening of stopFunctions) stopListening();
      const left = this.countOf(sessionId) - 1;
      if (left > 0) this.#bySession.set(sessionId, left);
      else this.#bySession.delete(sessionId);
    };
  }

  /** Checks the socket's session soon, batched with other requested checks. */
  scheduleCheck(socket: SignedInSocket): void {
    this.#due.add(socket);
    void this.#checkDue();
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
    if (this.#ticks % RECHECK_EVERY_TICKS !== 0) return;
    for (const socket of this.#sockets) this.#due.add(socket);
    void this.#checkDue();
  }

  async #checkDue(): Promise<void> {
    if (this.#checking) return;
    this.#checking = true;
    try {
      while (this.#due.size > 0) await this.#check(this.#drainDue());
    } catch (error) {
      // The state is unknown: the sockets stay open until the next check.
      this.#deps.log.warn({ err: error }, "failed to look up the sessions of sockets");
    } finally {
      this.#checking = false;
    }
  }

  #drainDue(): SignedInSocket[] {
    const due = [...this.#due];
    this.#due = new Set();
    return due;
  }

  async #check(sockets: readonly SignedInSocket[]): Promise<void> {
    const validities = await this.#deps.authenticator.checkSessions(sockets.map(({ session }) => session));
    sockets.forEach((socket, index) => {
      const validity = validities[index];
      if (validity && this.#sockets.has(socket)) closeUnlessLive(validity, socket);
    });
  }
}

const closeUnlessLive = ({ validity, endReason }: WatchedSessionCheck, socket: SignedInSocket): void => {
  switch (validity) {
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
      assertNever(validity);
  }
};
