import type { Auth, Grant } from "./auth.ts";
import { globals } from "./globals.ts";

/** The options of graphql-ws's `createClient` that concern the login. */
export interface SocketOptions {
  readonly connectionParams: () => Promise<Record<string, unknown>>;
  readonly retryAttempts: number;
  readonly shouldRetry: () => boolean;
  readonly retryWait: (retries: number) => Promise<void>;
  readonly on: {
    readonly connecting: (isRetry: boolean) => void;
    readonly opened: (socket: unknown) => void;
    readonly closed: (event: unknown) => void;
  };
}

/**
 * Why the API closes a socket. 4403: the token has expired or its claims are outdated. 4401: the session has ended, or the
 * membership in the token's tenant, as the close reason says. graphql-ws reconnects only after 4403.
 */
const EXPIRED = 4403;
const ENDED = 4401;
const MEMBERSHIP_ENDED = "Membership ended";
/** The last subscription has ended. */
const NORMAL = 1000;

/** The longest pause between two attempts to connect. */
const MAX_PAUSE_MS = 30_000;

/**
 * Options for `createClient` of graphql-ws: `createClient({ url, ...socketOptions(auth) })`. The socket sends the login's token,
 * and a new one once that has expired. After a failure it retries until it is connected again. If the session ends, all tabs are
 * signed out. If the membership ends, only tabs of that tenant show it. Subscriptions are never resumed in another login or
 * another tenant: they end with an error, code 4401.
 */
export const socketOptions = (
  auth: Pick<Auth, "authorize" | "renew" | "end" | "endMembership" | "onChange">,
): SocketOptions => {
  let socket: Closable | null = null;
  let grant: Grant | null = null;
  let renewed: Grant | null = null;
  let expired = false;
  let waited = false;
  /** Whether this tab closed the socket: then the close code says nothing about the session. */
  let leaving = false;
  const leave = (code: number): void => {
    leaving = socket !== null;
    socket?.close(code, "Another login or tenant");
  };

  auth.onChange((state) => {
    if (!grant || isSame(state, grant)) return;
    // An unauthenticated socket reconnects as the user who has signed in.
    leave(grant.sessionId === null ? EXPIRED : ENDED);
  });

  return {
    async connectionParams() {
      const before = grant;
      grant = renewed ?? (await auth.authorize());
      renewed = null;
      expired = false;
      if (before?.sessionId && !isSame(before, grant)) leave(ENDED);
      return { ...grant.headers };
    },
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: () => true,
    async retryWait(retries) {
      // The previous retry did not connect, because no subscription needed it any more. Later subscriptions are new.
      if (waited) grant = null;
      waited = true;
      if (expired && grant) renewed = await auth.renew(grant).catch(() => null);
      if (!renewed && !leaving) await pause(retries);
    },
    on: {
      connecting(isRetry) {
        waited = false;
        if (!isRetry) grant = null;
      },
      opened(opened) {
        socket = opened as Closable;
        leaving = false;
      },
      closed(event) {
        const { code, reason } = event as { readonly code?: number; readonly reason?: unknown };
        socket = null;
        expired = code === EXPIRED;
        if (code === ENDED && !leaving && grant?.sessionId) {
          if (reason === MEMBERSHIP_ENDED) void auth.endMembership(grant).catch(() => {});
          else void auth.end(grant.sessionId, reasonIn(reason));
        }
        if (code === ENDED || code === NORMAL) grant = null;
      },
    },
  };
};

type Owner = Pick<Grant, "sessionId" | "tenantId">;

const isSame = (one: Owner, other: Owner): boolean =>
  one.sessionId === other.sessionId && one.tenantId === other.tenantId;

/** The API closes with `Session ended: REVOKED`, for example. */
const reasonIn = (text: unknown): { readonly reason?: string } => {
  const [, reason] = /^Session ended: (\w+)$/.exec(String(text ?? "")) ?? [];
  return reason === undefined ? {} : { reason };
};

/** Exponential backoff with jitter, so that clients do not all reconnect at the same moment. */
const pause = (retries: number): Promise<void> => {
  const longest = Math.min(MAX_PAUSE_MS, 1_000 * 2 ** retries);
  return new Promise((resolve) => void globals().setTimeout(resolve, longest * (0.5 + Math.random() / 2)));
};

interface Closable {
  close(code: number, reason: string): void;
}
