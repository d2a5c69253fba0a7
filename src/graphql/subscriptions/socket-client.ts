import { z } from "zod";
import type { SessionAuthenticator, SessionEndReason } from "#features/sessions/index";
import { bearerToken } from "#platform/http-caller";
import type { Cookies, RequestContext } from "#platform/schema/context";
import type { ClientInfo } from "#shared/client-info";
import { HOUR, MINUTE } from "#shared/durations";
import { contextOf } from "../context.ts";
import { CLOSE, type CloseReason } from "./close-codes.ts";
import type { SessionWatcher, SignedInSocket } from "./session-watcher.ts";
import type { SocketConnection } from "./socket-connection.ts";
import type { Subscriber } from "./subscription-executor.ts";

/** How long an unauthenticated socket stays open: slightly longer than the pending login that it waits for. */
const ANONYMOUS_LIFETIME_MS = HOUR + 5 * MINUTE;

/** An open socket can neither send nor receive headers. */
const NO_COOKIES: Cookies = { get: () => null, set: () => {}, clear: () => {} };

const Headers = z.object({ authorization: z.string().nullish(), Authorization: z.string().nullish() });

/**
 * The parameters that clients send when they connect: the header as for HTTP, alone or in `headers`, or only the token. Null or
 * absent means unauthenticated.
 */
const ConnectionParams = Headers.extend({
  headers: Headers.nullish(),
  accessToken: z.string().nullish(),
  token: z.string().nullish(),
});

/** What is known about a socket before its client has sent a message. */
export interface Opened {
  readonly requestId: string;
  readonly client: ClientInfo;
}

/** The result of a client's authentication. */
type ConnectionResult =
  | { readonly outcome: "IN" | "REFUSED" | "TOO_MANY" | "NOT_A_MEMBER" }
  | { readonly outcome: "SESSION_ENDED"; readonly endReason: SessionEndReason | null };

interface SocketClientDeps extends Opened {
  readonly connection: SocketConnection;
  readonly authenticator: Pick<SessionAuthenticator, "authenticate" | "introspect" | "findEndReason">;
  readonly sessions: SessionWatcher;
}

/** The client of a socket: unauthenticated, or a session that is watched while the socket is open. */
export class SocketClient implements Subscriber {
  #accessToken: string | null = null;
  #socket: SignedInSocket | null = null;
  #stopWatching: () => void = () => {};
  #gone = false;
  readonly #subscriptions = new Set<string>();

  constructor(private readonly deps: SocketClientDeps) {}

  get requestId(): string {
    return this.deps.requestId;
  }

  /** Admits the client, unauthenticated or as the user of its access token. */
  async authenticate(params: Readonly<Record<string, unknown>>, maxSockets: number): Promise<ConnectionResult> {
    const { authenticator, sessions } = this.deps;
    const token = tokenIn(params);
    if (token === null) return this.#connectAnonymously();
    if (token === "MALFORMED") return { outcome: "REFUSED" };
    const known = await authenticator.introspect(token);
    if (!known.valid) {
      const { endedSession } = known;
      if (known.notAMember) return { outcome: "NOT_A_MEMBER" };
      if (endedSession === undefined) return { outcome: "REFUSED" };
      return { outcome: "SESSION_ENDED", endReason: await authenticator.findEndReason(endedSession) };
    }
    if (sessions.countOf(known.session.id) >= maxSockets) return { outcome: "TOO_MANY" };
    if (this.#gone) return { outcome: "IN" };
    const { id: sessionId, userId, isOperator } = known.session;
    const { tenantId } = known.claims;
    this.#accessToken = token;
    this.#socket = {
      session: { sessionId, userId, tenantId, isOperator, ...known.access },
      tokenExpiresAt: known.claims.expiresAt,
      keyId: known.claims.keyId,
      close: (reason) => this.close(reason),
    };
    this.#stopWatching = sessions.watch(this.#socket);
    return { outcome: "IN" };
  }

  #connectAnonymously(): ConnectionResult {
    const timer = setTimeout(() => this.close(CLOSE.aged), ANONYMOUS_LIFETIME_MS);
    timer.unref();
    this.#stopWatching = () => clearTimeout(timer);
    return { outcome: "IN" };
  }

  createContext(): RequestContext {
    const { authenticator, client, requestId } = this.deps;
    return contextOf({ requestId, client, cookies: NO_COOKIES, accessToken: this.#accessToken }, authenticator);
  }

  onSignedOut(): void {
    if (this.#socket) this.deps.sessions.scheduleCheck(this.#socket);
  }

  close(reason: CloseReason): void {
    this.deps.connection.close(reason);
    this.leave();
  }

  /** Stops watching the session. */
  leave(): void {
    this.#gone = true;
    this.#stopWatching();
  }

  /** The ids of the active subscriptions, including cancelled ones that have not ended yet. */
  get subscriptions(): ReadonlySet<string> {
    return this.#subscriptions;
  }

  beginOne(id: string): void {
    this.#subscriptions.add(id);
  }

  completeOne(id: string): void {
    this.#subscriptions.delete(id);
  }
}

const headerIn = ({ authorization, Authorization }: z.infer<typeof Headers>): string | null =>
  authorization ?? Authorization ?? null;

const tokenIn = (params: Readonly<Record<string, unknown>>): string | null | "MALFORMED" => {
  const { success, data } = ConnectionParams.safeParse(params);
  if (!success) return "MALFORMED";
  const header = headerIn(data) ?? headerIn(data.headers ?? {});
  if (header !== null) return bearerToken(header) ?? "MALFORMED";
  const token = data.accessToken ?? data.token ?? null;
  return token === null ? null : (bearerToken(token) ?? token);
};
