import { globals, type PageEvent } from "../globals.ts";
import type { Send } from "./execute.ts";
import { checkPendingLogin, LOGIN_PROGRESSED, type PendingLogin } from "./operations.ts";

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
  readonly onStatus: (status: PendingLogin["status"]) => void;
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
  let interval = socket ? POLL_INTERVAL_WITH_SOCKET_MS : POLL_INTERVAL_MS;
  /** Ends the pause before the next request. */
  let poll = (): void => {};

  const report = ({ status }: PendingLogin): void => {
    if (!isOver) onStatus(status);
  };

  const follow = async (): Promise<void> => {
    while (!isOver) {
      await new Promise<void>((resolve) => {
        poll = resolve;
        env.setTimeout(resolve, interval);
      });
      if (isOver) return;
      await send(checkPendingLogin(challenge)).then(
        ({ pendingLogin }) => report(pendingLogin),
        (thrown: unknown) => isOver || onFailure(thrown),
      );
    }
  };

  const pollNow = () => poll();
  for (const event of RETURNS) env.addEventListener?.(event, pollNow);

  const onSocketEnd = (): void => {
    interval = POLL_INTERVAL_MS;
    env.setTimeout(pollNow, interval);
  };
  const unsubscribe = socket?.subscribe(
    { query: LOGIN_PROGRESSED, variables: { challenge } },
    {
      next(result) {
        const { data } = result as { data?: { loginProgressed?: PendingLogin } | null };
        if (data?.loginProgressed) report(data.loginProgressed);
      },
      error: onSocketEnd,
      complete: onSocketEnd,
    },
  );
  void follow();

  return () => {
    isOver = true;
    unsubscribe?.();
    for (const event of RETURNS) env.removeEventListener?.(event, pollNow);
  };
};
