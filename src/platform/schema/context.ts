import DataLoader from "dataloader";
import type { ClientInfo } from "#shared/client-info";
import type { Viewer } from "#shared/viewer";

/** The cookies of this API. All are `__Host-`, HttpOnly, Secure and SameSite=Strict. */
export type CookieName = "refresh" | "device" | "social" | "registration";

export interface Cookies {
  get(name: CookieName): string | null;
  set(name: CookieName, value: string, expires: Date): void;
  clear(name: CookieName): void;
}

/** The context of every resolver: created for each HTTP request. */
export interface RequestContext {
  readonly requestId: string;
  readonly client: ClientInfo;
  readonly cookies: Cookies;
  readonly loaders: Loaders;
  /** The bearer token as received, not verified. */
  readonly accessToken: string | null;
  /** Set by the access rules before a non-public field is resolved; absent for public ones. */
  viewer?: Viewer;
  /**
   * Verifies the access token, once for all fields of a query.
   *
   * @throws {AppError} UNAUTHENTICATED
   */
  authenticate(options?: { again: boolean }): Promise<Viewer>;
}

/** The context of a field that is not public. */
export type SignedIn = RequestContext & { readonly viewer: Viewer };

type Batch<Key, Value> = (keys: readonly Key[]) => Promise<readonly (Value | null)[]>;

/** One DataLoader for each batch function, for the duration of one request. */
export class Loaders {
  readonly #byBatch = new Map<unknown, unknown>();
  readonly #byArguments = new Map<unknown, Map<string, unknown>>();

  /**
   * The loader of the batch function that `batchOf` creates from these arguments; the same for equal arguments. `batchOf` must be
   * the same function every time.
   */
  for<Args, Key, Value>(batchOf: (args: Args) => Batch<Key, Value>, args: Args): DataLoader<Key, Value | null> {
    const loaders = this.#byArguments.get(batchOf) ?? new Map<string, unknown>();
    this.#byArguments.set(batchOf, loaders);
    const key = JSON.stringify(args);
    const known = loaders.get(key) as DataLoader<Key, Value | null> | undefined;
    const loader = known ?? new DataLoader<Key, Value | null>(batchOf(args));
    loaders.set(key, loader);
    return loader;
  }

  /** The loader of `batch`, which must be the same function every time. */
  of<Key, Value>(batch: Batch<Key, Value>): DataLoader<Key, Value | null> {
    const known = this.#byBatch.get(batch) as DataLoader<Key, Value | null> | undefined;
    const loader = known ?? new DataLoader<Key, Value | null>(batch);
    this.#byBatch.set(batch, loader);
    return loader;
  }
}
