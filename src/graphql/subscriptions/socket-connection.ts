import type { WebSocket } from "ws";
import { SECOND } from "#shared/durations";
import { CLOSE, type CloseReason } from "./close-codes.ts";

/** Bytes buffered for a slow reader. Events are small: a client that leaves that much unread does not read. */
const MAX_UNREAD = 256 * 1_024;
/** Messages in one window: a page that subscribes to everything sends a dozen. */
const MAX_MESSAGES = 100;
const MESSAGES_WINDOW_MS = 10 * SECOND;
/** Time until a client that does not respond to the close is disconnected. */
const CLOSE_TIMEOUT_MS = 2 * SECOND;

/** A socket as graphql-ws needs it, with bounds on what a client may send and leave unread. */
export class SocketConnection {
  readonly #socket: WebSocket;
  readonly #onSlow: () => void;
  #answering = true;
  #messages = 0;
  #windowBegan = 0;
  #closing: CloseReason | null = null;

  constructor(socket: WebSocket, { onSlow }: { readonly onSlow: () => void }) {
    this.#socket = socket;
    this.#onSlow = onSlow;
    // For a frame that is too large or invalid, `ws` closes with the right code by itself.
    socket.on("error", () => {});
    socket.on("pong", () => {
      this.#answering = true;
    });
    socket.on("ping", () => this.#count());
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  /** The code that the server closes with; null while it is not closing. */
  get closing(): CloseReason | null {
    return this.#closing;
  }

  /** Passes messages to `listener` until the server starts closing. After that, nothing is executed for the client. */
  onMessage(listener: (text: string) => Promise<void>, onFailure: (error: unknown) => void): void {
    this.#socket.on("message", (data, isBinary) => {
      if (this.#closing || !this.#count()) return;
      if (isBinary) return this.close(CLOSE.binary);
      listener(String(data)).catch((error: unknown) => {
        onFailure(error);
        this.close(CLOSE.failed);
      });
    });
  }

  /** Resolves once the text was handed to the operating system: a subscription waits for that before its next event. */
  send(text: string): Promise<void> {
    if (this.#socket.readyState !== this.#socket.OPEN) return Promise.resolve();
    if (this.#socket.bufferedAmount > MAX_UNREAD) {
      this.#onSlow();
      this.terminate();
      return Promise.resolve();
    }
    // A socket that breaks during sending reports it by closing.
    return new Promise((resolve) => this.#socket.send(text, () => resolve()));
  }

  close(reason: CloseReason): void {
    if (this.#closing) return;
    this.#closing = reason;
    this.#socket.close(reason.code, reason.reason);
    setTimeout(() => this.terminate(), CLOSE_TIMEOUT_MS).unref();
  }

  terminate(): void {
    this.#socket.terminate();
  }

  /** Pings the client, and disconnects it if it has not responded to the previous ping. */
  ping(): void {
    if (!this.#answering) this.terminate();
    this.#answering = false;
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }

  /** Whether another message is allowed. */
  #count(): boolean {
    const now = performance.now();
    if (now - this.#windowBegan > MESSAGES_WINDOW_MS) {
      this.#windowBegan = now;
      this.#messages = 0;
    }
    this.#messages += 1;
    if (this.#messages <= MAX_MESSAGES) return true;
    this.close(CLOSE.tooMany);
    return false;
  }
}
