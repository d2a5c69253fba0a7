/**
 * The parts of a browser that the helpers use, typed narrowly. They compile without the types of the DOM and of Node, and run
 * where some of these parts are missing (old browsers, server-side rendering, React Native).
 */
export interface Globals {
  readonly fetch: Fetch;
  /** React Native has no `timeOrigin` before 0.80. */
  readonly performance: { readonly timeOrigin?: number | undefined; now(): number };
  readonly Date: { now(): number };
  readonly AbortSignal?: { timeout?(milliseconds: number): unknown };
  readonly AbortController?: new () => { readonly signal: { readonly aborted: boolean }; abort(): void };
  readonly TextEncoder?: new () => { encode(text: string): Uint8Array };
  readonly crypto?: {
    getRandomValues(bytes: Uint8Array): Uint8Array;
    readonly subtle?: { digest(algorithm: "SHA-256", bytes: Uint8Array): Promise<ArrayBuffer> };
  };
  readonly navigator?: { readonly locks?: Locks; readonly credentials?: Credentials };
  readonly PublicKeyCredential?: {
    parseCreationOptionsFromJSON?(options: PasskeyJSON): unknown;
    parseRequestOptionsFromJSON?(options: PasskeyJSON): unknown;
    isConditionalMediationAvailable?(): Promise<boolean>;
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
  readonly URLSearchParams?: new (text: string) => { get(name: string): string | null };
  readonly history?: { readonly state: unknown; replaceState(state: unknown, title: string, url: string): void };
  setTimeout(work: () => void, milliseconds: number): unknown;
  addEventListener?(event: PageEvent, listener: () => void): void;
  removeEventListener?(event: PageEvent, listener: () => void): void;
}

export type PageEvent = "pagehide" | "pageshow" | "online" | "visibilitychange";

/** The part of Credential Management that passkeys need. */
export interface Credentials {
  create(options: object): Promise<Credential | null>;
  get(options: object): Promise<Credential | null>;
}

/**
 * Storage for the refresh token: `localStorage`, React Native's AsyncStorage, or Expo's SecureStore. All tabs of the origin must
 * share it. Keys contain only letters, digits, `.`, `-` and `_`.
 */
export interface TokenStorage {
  getItem(key: string): string | null | Promise<string | null>;
  setItem(key: string, value: string): void | Promise<void>;
  removeItem(key: string): void | Promise<void>;
}

/** Storage of a browser. */
export interface SyncStorage extends TokenStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/**
 * The `publicKey` that `startPasskeyRegistration` and `startPasskeyLogin` return, and the `response` that the finishing fields
 * accept.
 */
export type PasskeyJSON = Record<string, unknown>;

/** The parts of a PublicKeyCredential that are sent. */
export interface Credential {
  readonly id: string;
  readonly rawId: ArrayBuffer;
  readonly type: string;
  readonly authenticatorAttachment?: string | null;
  readonly response: Readonly<Record<string, unknown>> & { getTransports?(): readonly string[] };
  getClientExtensionResults(): unknown;
  toJSON?(): PasskeyJSON;
}

/** The parts of `fetch` that are needed. The browser's own is compatible, and so are replacements. */
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

/** A BroadcastChannel: a message reaches every other context of the origin, but not the sender. */
export interface Channel {
  postMessage(message: unknown): void;
  addEventListener(event: "message", listener: (event: { readonly data: unknown }) => void): void;
  close(): void;
}

/** Returns undefined in browsers that block storage: they throw when the property is read. */
export const storageOf = <Name extends "localStorage" | "sessionStorage">(
  env: Globals,
  name: Name,
): Globals[Name] | undefined => {
  try {
    return env[name];
  } catch {
    return undefined;
  }
};

/** Whether the code runs in a page or a worker, as in a browser. */
export const isPage = ({ document, WorkerGlobalScope }: Globals): boolean =>
  document !== undefined || WorkerGlobalScope !== undefined;

/** The global object that this code runs in. */
export const globals = (): Globals => globalThis as unknown as Globals;
