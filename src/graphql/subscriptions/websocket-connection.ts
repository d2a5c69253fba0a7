import type { WebSocket } from "ws";
import { SECOND } from "#shared/durations";
import { CLOSE, type CloseReason } from "./websocket-codes.ts";

/** Bytes that wait for a slow reader. Events are small: whoever leaves that many unread does not read. */
const MAX_UNREAD = 256 * 1_024;
/** Messages in one window: a page that subscribes to all there is sends a dozen. */
const MAX_MESSAGES = 100;
const MESSAGES_WINDOW = 10 * SECOND;
/** Milliseconds until a client that does not answer our close is cut off. */
const CLOSING_PATIENCE = 2 * SECOND;

/** One socket, as graphql-ws wants it: within bounds of what a client may send, and may leave unread. */
export class Connection {
  readonly #socket: WebSocket;
  readonly #onSlow: () => void;
  #answering = true;
  #messages = 0;
  #windowBegan = 0;
  #closing: CloseReason | null = null;

  constructor(socket: WebSocket, { onSlow }: { readonly onSlow: () => void }) {
    this.#socket = socket;
    this.#onSlow = onSlow;
    // A frame that is too large, or none at all: `ws` closes with the right code by itself.
    socket.on("error", () => {});
    socket.on("pong", () => {
      this.#answering = true;
    });
    socket.on("ping", () => this.#count());
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  /** The code we close with; null while we do not. */
  get closing(): CloseReason | null {
    return this.#closing;
  }

  /** Hears what is said until we begin to close: after it nothing more is done for the client. */
  onMessage(hear: (text: string) => Promise<void>, onFailure: (error: unknown) => void): void {
    this.#socket.on("message", (data, isBinary) => {
      if (this.#closing || !this.#count()) return;
      if (isBinary) return this.close(CLOSE.binary);
      hear(String(data)).catch((error: unknown) => {
        onFailure(error);
        this.close(CLOSE.failed);
      });
    });
  }

  /** Resolves once it is on its way: a subscription waits for that before its next event. */
  send(text: string): Promise<void> {
    if (this.#socket.readyState !== this.#socket.OPEN) return Promise.resolve();
    if (this.#socket.bufferedAmount > MAX_UNREAD) {
      this.#onSlow();
      this.terminate();
      return Promise.resolve();
    }
    // A socket that breaks meanwhile says so by its end.
    return new Promise((resolve) => this.#socket.send(text, () => resolve()));
  }

  close(reason: CloseReason): void {
    if (this.#closing) return;
    this.#closing = reason;
    this.#socket.close(reason.code, reason.reason);
    setTimeout(() => this.terminate(), CLOSING_PATIENCE).unref();
  }

  terminate(): void {
    this.#socket.terminate();
  }

  /** Asks whether the client is still there; one that has not answered since the last time is cut off. */
  ping(): void {
    if (!this.#answering) this.terminate();
    this.#answering = false;
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }

  /** Whether there is room for one more message. */
  #count(): boolean {
    const now = performance.now();
    if (now - this.#windowBegan > MESSAGES_WINDOW) {
      this.#windowBegan = now;
      this.#messages = 0;
    }
    this.#messages += 1;
    if (this.#messages <= MAX_MESSAGES) return true;
    this.close(CLOSE.tooMany);
    return false;
  }
}
