import type { ExecutionArgs, GraphQLError } from "graphql";
import { type Context, makeServer, type Server } from "graphql-ws";
import type { SessionAuthenticator } from "#features/sessions/index";
import type { Logger } from "#platform/logging";
import { SECOND } from "#shared/durations";
import { AppError } from "#shared/errors";
import { toAppError } from "../errors.ts";
import { CLOSE, sessionEndedFor } from "./close-codes.ts";
import type { SessionWatcher } from "./session-watcher.ts";
import { type Opened, SocketClient } from "./socket-client.ts";
import type { SocketConnection } from "./socket-connection.ts";
import { refusal, type SubscriptionExecutor } from "./subscription-executor.ts";

/** How long a client may take to authenticate. */
const INIT_TIMEOUT_MS = 5 * SECOND;
/** Concurrent subscriptions on one socket. The schema has two subscription fields. */
const MAX_SUBSCRIPTIONS = 10;
/** Sockets of one session, for several tabs of one browser. */
const MAX_SOCKETS_OF_SESSION = 20;

interface SocketServerDeps {
  readonly subscriptions: SubscriptionExecutor;
  readonly authenticator: Pick<SessionAuthenticator, "authenticate" | "introspect" | "findEndReason">;
  readonly sessions: SessionWatcher;
  readonly log: Pick<Logger, "error">;
}

type SocketContext = Context<Record<string, unknown>, SocketClient>;

/** Implements graphql-transport-ws on opened sockets: first the client authenticates, then it may only subscribe. */
export class SocketServer {
  readonly #deps: SocketServerDeps;
  readonly #server: Server<SocketClient>;

  constructor(deps: SocketServerDeps) {
    this.#deps = deps;
    const { subscriptions } = deps;
    this.#server = makeServer<Record<string, unknown>, SocketClient>({
      connectionInitWaitTimeout: INIT_TIMEOUT_MS,
      onConnect: (context) => this.#acceptConnection(context),
      onSubscribe: (context, id, operation) => this.#prepare(context, id, operation),
      subscribe: (prepared) => {
        const { contextValue, ...rest } = prepared as ExecutionArgs & { readonly contextValue: SocketClient };
        return subscriptions.subscribe(rest, contextValue);
      },
      onNext: ({ extra }, _id, _operation, _prepared, result) => {
        if (result.errors)
          return { data: result.data ?? null, errors: subscriptions.formatErrors(result.errors, extra) };
      },
      onError: ({ extra }, _id, _operation, errors) =>
        subscriptions.formatErrors(errors as readonly GraphQLError[], extra),
      onComplete: ({ extra }, id) => extra.completeOne(id),
    });
  }

  /** @returns a function to call when the socket is closed */
  open(connection: SocketConnection, opened: Opened): (code: number) => void {
    const { authenticator, log, sessions } = this.#deps;
    const socketClient = new SocketClient({ ...opened, connection, authenticator, sessions });
    const closed = this.#server.opened(
      {
        protocol: connection.protocol,
        send: (text) => connection.send(text),
        close: (code = CLOSE.failed.code, reason = "") => connection.close({ code, reason }),
        onMessage: (listener) =>
          connection.onMessage(listener, (error) => {
            if (toAppError(error)?.code === "SERVICE_UNAVAILABLE") socketClient.close(CLOSE.unavailable);
            else if (isForServersToSay(error)) socketClient.close(CLOSE.notForClients);
            else log.error({ reqId: opened.requestId, err: error }, "a socket failed");
          }),
      },
      socketClient,
    );
    return (code) => {
      socketClient.leave();
      closed(code).catch((error: unknown) => log.error({ err: error }, "failed to clean up a socket"));
    };
  }

  /** Returns false if the token is not valid: graphql-ws then closes with 4403, and its clients reconnect with another token. */
  async #acceptConnection({ connectionParams, extra }: SocketContext): Promise<boolean> {
    const result = await extra.authenticate(connectionParams ?? {}, MAX_SOCKETS_OF_SESSION);
    switch (result.outcome) {
      case "IN":
        return true;
      case "REFUSED":
        return false;
      case "SESSION_ENDED":
        extra.close(sessionEndedFor(result.endReason));
        return true;
      case "NOT_A_MEMBER":
        extra.close(CLOSE.notAMember);
        return true;
      case "TOO_MANY":
        extra.close(CLOSE.tooMany);
        return true;
    }
  }

  #prepare(
    { extra }: SocketContext,
    id: string,
    operation: Parameters<SubscriptionExecutor["prepare"]>[0],
  ): ExecutionArgs | readonly GraphQLError[] {
    // graphql-ws forgets an id immediately. A subscription cancelled while it started would then be mistaken for the new one, and
    // never end.
    if (extra.subscriptions.has(id)) {
      extra.close(CLOSE.idTaken);
      return [refusal(new AppError("BAD_REQUEST"))];
    }
    if (extra.subscriptions.size >= MAX_SUBSCRIPTIONS)
      return [refusal(new AppError("RATE_LIMITED", { message: "Too many subscriptions on one socket." }))];
    const prepared = this.#deps.subscriptions.prepare(operation);
    if (isRefused(prepared)) return prepared;
    extra.beginOne(id);
    return { ...prepared, contextValue: extra };
  }
}

/** graphql-ws throws for message types that only servers send. Any client can cause it at will, so it is not logged. */
const isForServersToSay = (error: unknown): boolean =>
  error instanceof Error && error.message.startsWith("Unexpected message of type ");

const isRefused = (prepared: ExecutionArgs | readonly GraphQLError[]): prepared is readonly GraphQLError[] =>
  Array.isArray(prepared);
