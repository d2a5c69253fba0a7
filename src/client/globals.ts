/**
 * What the helpers use of a browser, told narrowly: they compile without the DOM's types and without Node's, and run where parts
 * of it are missing (old browsers, servers that render pages, React Native).
 */
export interface Globals {
  readonly fetch: Fetch;
  readonly performance: { readonly timeOrigin: number; now(): number };
  readonly AbortSignal?: { timeout?(milliseconds: number): unknown };
  readonly navigator?: { readonly locks?: Locks };
  readonly BroadcastChannel?: new (name: string) => Channel;
  readonly document?: unknown;
  readonly WorkerGlobalScope?: unknown;
  readonly sessionStorage?: unknown;
  readonly location?: { readonly hash: string; readonly search: string; readonly pathname: string };
  readonly history?: { readonly state: unknown; replaceState(state: unknown, title: string, url: string): void };
  setTimeout(work: () => void, milliseconds: number): unknown;
  atob(base64: string): string;
  addEventListener?(event: "pagehide" | "pageshow", listener: () => void): void;
  removeEventListener?(event: "pagehide" | "pageshow", listener: () => void): void;
}

/** As much of `fetch` as is needed. A browser's own fits, and so does any stand-in. */
export type Fetch = (
  url: string,
  init: {
    readonly method: "POST";
    readonly headers: Record<string, string>;
    readonly body: string;
    readonly credentials: "include" | "same-origin";
    readonly keepalive: boolean;
    readonly signal?: never;
  },
) => Promise<{ readonly status: number; json(): Promise<unknown> }>;

/** Web Locks (https://w3c.github.io/web-locks/). */
export interface Locks {
  request<T>(name: string, options: { readonly mode: "exclusive" | "shared" }, work: () => Promise<T>): Promise<T>;
  query(): Promise<{ readonly held?: readonly { readonly name?: string }[] }>;
}

/** A BroadcastChannel: everybody of the origin hears what is posted, but not the one who posts it. */
export interface Channel {
  postMessage(message: unknown): void;
  addEventListener(event: "message", listener: (event: { readonly data: unknown }) => void): void;
  close(): void;
}

/** The surroundings this code runs in. */
export const globals = (): Globals => globalThis as unknown as Globals;
