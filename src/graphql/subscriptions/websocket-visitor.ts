import { z } from "zod";
import type { SessionAuthenticator, SessionEndReason } from "#features/sessions/index";
import { bearerToken } from "#platform/http-caller";
import type { Cookies, RequestContext } from "#platform/schema/context";
import type { Client } from "#shared/client";
import { HOUR, MINUTE } from "#shared/durations";
import { contextOf } from "../context.ts";
import { CLOSE, type CloseReason } from "./websocket-codes.ts";
import type { Connection } from "./websocket-connection.ts";
import type { Subscriber } from "./websocket-operations.ts";
import type { SignedInSocket, SocketSessions } from "./websocket-sessions.ts";

/** A socket of nobody is for a login that waits: it need not be open for longer than such a login lives. Milliseconds. */
const LIFETIME_OF_NOBODYS = HOUR + 5 * MINUTE;

/** A socket that is open sends and takes no headers any more. */
const NO_COOKIES: Cookies = { get: () => null, set: () => {}, clear: () => {} };

const Headers = z.object({ authorization: z.string().nullish(), Authorization: z.string().nullish() });

/**
 * What clients send when they connect: the header as for HTTP, by itself or among `headers`, or the token by itself; null and
 * absent are nobody.
 */
const ConnectionParams = Headers.extend({
  headers: Headers.nullish(),
  accessToken: z.string().nullish(),
  token: z.string().nullish(),
});

/** What is known of a socket before its client has said a word. */
export interface Opened {
  readonly requestId: string;
  readonly client: Client;
}

/** What became of a client that said who it is. */
type Entry =
  | { readonly outcome: "IN" | "REFUSED" | "TOO_MANY" | "NOT_A_MEMBER" }
  | { readonly outcome: "SESSION_ENDED"; readonly endReason: SessionEndReason | null };

interface VisitorDeps extends Opened {
  readonly connection: Connection;
  readonly authenticator: Pick<SessionAuthenticator, "authenticate" | "introspect" | "findEndReason">;
  readonly sessions: SocketSessions;
}

/** Who is at the other end of a socket: nobody, or a session that is watched for as long as the socket is open. */
export class Visitor implements Subscriber {
  #accessToken: string | null = null;
  #socket: SignedInSocket | null = null;
  #stopWatching: () => void = () => {};
  #gone = false;
  readonly #subscriptions = new Set<string>();

  constructor(private readonly deps: VisitorDeps) {}

  get requestId(): string {
    return this.deps.requestId;
  }

  /** Lets the client in, as nobody or as whom its access token names. */
  async enter(params: Readonly<Record<string, unknown>>, maxSockets: number): Promise<Entry> {
    const { authenticator, sessions } = this.deps;
    const token = tokenIn(params);
    if (token === null) return this.#enterAsNobody();
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

  #enterAsNobody(): Entry {
    const timer = setTimeout(() => this.close(CLOSE.aged), LIFETIME_OF_NOBODYS);
    timer.unref();
    this.#stopWatching = () => clearTimeout(timer);
    return { outcome: "IN" };
  }

  context(): RequestContext {
    const { authenticator, client, requestId } = this.deps;
    return contextOf({ requestId, client, cookies: NO_COOKIES, accessToken: this.#accessToken }, authenticator);
  }

  onSignedOut(): void {
    if (this.#socket) this.deps.sessions.look(this.#socket);
  }

  close(reason: CloseReason): void {
    this.deps.connection.close(reason);
    this.leave();
  }

  /** Nobody need watch over the session any more. */
  leave(): void {
    this.#gone = true;
    this.#stopWatching();
  }

  /** The ids of what is subscribed to: also of what was given up, until it is over. */
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
