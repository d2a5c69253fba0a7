/**
 * What the helpers use of a browser, told narrowly: they compile without the DOM's types and without Node's, and run where parts
 * of it are missing (old browsers, servers that render pages, React Native).
 */
export interface Globals {
  readonly fetch: Fetch;
  /** React Native has no `timeOrigin` before 0.80. */
  readonly performance: { readonly timeOrigin?: number | undefined; now(): number };
  readonly Date: { now(): number };
  readonly AbortSignal?: { timeout?(milliseconds: number): unknown };
  readonly navigator?: { readonly locks?: Locks; readonly credentials?: Credentials };
  readonly PublicKeyCredential?: {
    parseCreationOptionsFromJSON?(options: PasskeyJSON): unknown;
    parseRequestOptionsFromJSON?(options: PasskeyJSON): unknown;
  };
  readonly BroadcastChannel?: new (name: string) => Channel;
  readonly document?: unknown;
  readonly WorkerGlobalScope?: unknown;
  readonly sessionStorage?: SyncStorage;
  readonly localStorage?: TokenStorage;
  readonly console?: { warn(message: string): void };
  readonly location?: {
    readonly hostname: string;
    readonly hash: string;
    readonly search: string;
    readonly pathname: string;
  };
  readonly history?: { readonly state: unknown; replaceState(state: unknown, title: string, url: string): void };
  setTimeout(work: () => void, milliseconds: number): unknown;
  addEventListener?(event: PageEvent, listener: () => void): void;
  removeEventListener?(event: PageEvent, listener: () => void): void;
}

export type PageEvent = "pagehide" | "pageshow" | "online";

/** The part of Credential Management that passkeys need. */
export interface Credentials {
  create(options: object): Promise<Credential | null>;
  get(options: object): Promise<Credential | null>;
}

/**
 * A place for the refresh token: `localStorage`, React Native's AsyncStorage, or Expo's SecureStore. All tabs of the origin must
 * share it. Keys contain letters, digits, `.`, `-` and `_` only.
 */
export interface TokenStorage {
  getItem(key: string): string | null | Promise<string | null>;
  setItem(key: string, value: string): void | Promise<void>;
  removeItem(key: string): void | Promise<void>;
}

/** As browsers have it. */
export interface SyncStorage extends TokenStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** What `startPasskeyRegistration` and `startPasskeyLogin` answer as `publicKey`, and their finishing fields take as `response`. */
export type PasskeyJSON = Record<string, unknown>;

/** As much of a PublicKeyCredential as is sent. */
export interface Credential {
  readonly id: string;
  readonly rawId: ArrayBuffer;
  readonly type: string;
  readonly authenticatorAttachment?: string | null;
  readonly response: Readonly<Record<string, unknown>> & { getTransports?(): readonly string[] };
  getClientExtensionResults(): unknown;
  toJSON?(): PasskeyJSON;
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

/** Browsers that block storage throw at the mere mention of it. */
export const storageOf = <Name extends "localStorage" | "sessionStorage">(
  surroundings: Globals,
  name: Name,
): Globals[Name] | undefined => {
  try {
    return surroundings[name];
  } catch {
    return undefined;
  }
};

/** Whether there is a page or a worker around, as in a browser. */
export const isPage = ({ document, WorkerGlobalScope }: Globals): boolean =>
  document !== undefined || WorkerGlobalScope !== undefined;

/** The surroundings this code runs in. */
export const globals = (): Globals => globalThis as unknown as Globals;
