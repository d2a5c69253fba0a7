import { globals, type PageEvent } from "../globals.ts";
import type { Send } from "./execute.ts";
import { checkPendingLogin, LOGIN_PROGRESSED, type PendingLoginStatus } from "./operations.ts";

/** The part of graphql-ws's client that following a login needs: `createClient({ url, ...socketOptions(auth) })`. */
export interface SocketClient {
  subscribe(
    payload: { readonly query: string; readonly variables: Record<string, unknown> },
    sink: { next(result: unknown): void; error(error: unknown): void; complete(): void },
  ): () => void;
}

interface WaitOptions {
  readonly challenge: string;
  readonly send: Send;
  readonly socket: SocketClient | undefined;
  readonly onStatus: (status: PendingLoginStatus) => void;
  readonly onFailure: (thrown: unknown) => void;
}

const POLL_INTERVAL_MS = 3_000;
/** With a subscription polling is only for sockets that failed without notice, as after a computer's sleep. */
const POLL_INTERVAL_WITH_SOCKET_MS = 30_000;

/** In background tabs timers run rarely; then the user returns from their mail. */
const RETURNS: readonly PageEvent[] = ["visibilitychange", "pageshow", "online"];

/**
 * Follows a login that waits for its user's answer to the mail.
 *
 * @returns a function that stops it
 */
export const followPendingLogin = ({ challenge, send, socket, onStatus, onFailure }: WaitOptions): (() => void) => {
  const env = globals();
  let isOver = false;
  let isAsking = false;
  let isSubscribed = socket !== undefined;
  let turn = 0;

  const schedule = (): void => {
    const mine = ++turn;
    env.setTimeout(
      () => {
        if (mine === turn) void poll();
      },
      isSubscribed ? POLL_INTERVAL_WITH_SOCKET_MS : POLL_INTERVAL_MS,
    );
  };

  const poll = async (): Promise<void> => {
    if (isOver || isAsking) return;
    isAsking = true;
    try {
      const { pendingLogin } = await send(checkPendingLogin(challenge));
      if (!isOver) onStatus(pendingLogin.status);
    } catch (thrown) {
      if (!isOver) onFailure(thrown);
    } finally {
      isAsking = false;
      if (!isOver) schedule();
    }
  };

  const onReturn = () => void poll();
  for (const event of RETURNS) env.addEventListener?.(event, onReturn);

  const onSocketEnd = (): void => {
    isSubscribed = false;
    if (!isOver) schedule();
  };
  const unsubscribe = socket?.subscribe(
    { query: LOGIN_PROGRESSED, variables: { challenge } },
    {
      next(result) {
        const { data } = result as { data?: { loginProgressed?: { status: PendingLoginStatus } } | null };
        if (!isOver && data?.loginProgressed) onStatus(data.loginProgressed.status);
      },
      error: onSocketEnd,
      complete: onSocketEnd,
    },
  );
  schedule();

  return () => {
    isOver = true;
    turn++;
    unsubscribe?.();
    for (const event of RETURNS) env.removeEventListener?.(event, onReturn);
  };
};
