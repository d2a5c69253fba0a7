import type { Auth, Grant } from "./auth.ts";
import { globals } from "./globals.ts";

/** What `createClient` of graphql-ws wants to be told, as far as the login is concerned. */
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
 * Why the API closes a socket: the token has expired or says what is true no longer; or the session is over, or the membership in the
 * tenant of the token, as the reason says. graphql-ws comes back after the first alone.
 */
const EXPIRED = 4403;
const ENDED = 4401;
const MEMBERSHIP_ENDED = "Membership ended";
/** The last subscription is over. */
const NORMAL = 1000;

/** The longest pause between two attempts to connect, in milliseconds. */
const LONGEST_PAUSE = 30_000;

/**
 * Options for `createClient` of graphql-ws: `createClient({ url, ...socketOptions(auth) })`. The socket has the login's token and
 * another one when it has expired; it comes back after a failure, as long as it takes; and where the session ends, it ends in all
 * tabs. Where the membership ends, only tabs of that tenant are told. Subscriptions of one login are never resumed by the next, nor
 * those of one tenant by the next: they end with an error, code 4401.
 */
export const socketOptions = (
  auth: Pick<Auth, "authorize" | "renew" | "end" | "endMembership" | "onChange">,
): SocketOptions => {
  let socket: Closable | null = null;
  let grant: Grant | null = null;
  let renewed: Grant | null = null;
  let expired = false;
  let waited = false;
  /** Whether it was closed here: then the API has said nothing of the session. */
  let leaving = false;
  const leave = (code: number): void => {
    leaving = socket !== null;
    socket?.close(code, "Another login or tenant");
  };

  auth.onChange((state) => {
    if (!grant || isSame(state, grant)) return;
    // Who was nobody comes back as who he is now.
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
      // It waited before and did not connect then: nobody wanted it any more, and whoever does now is new.
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

/** The API closes with `Session ended: REVOKED`, say. */
const reasonIn = (text: unknown): { readonly reason?: string } => {
  const [, reason] = /^Session ended: (\w+)$/.exec(String(text ?? "")) ?? [];
  return reason === undefined ? {} : { reason };
};

/** Longer and longer, and never all clients at once. */
const pause = (retries: number): Promise<void> => {
  const longest = Math.min(LONGEST_PAUSE, 1_000 * 2 ** retries);
  return new Promise((resolve) => void globals().setTimeout(resolve, longest * (0.5 + Math.random() / 2)));
};

interface Closable {
  close(code: number, reason: string): void;
}
