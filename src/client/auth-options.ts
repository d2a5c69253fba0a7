import type { Fetch, TokenStorage } from "./globals.ts";
import type { Transport } from "./graphql-request.ts";

export interface AuthOptions {
  /** The GraphQL endpoint of Portcullis. */
  readonly url: string;
  /** As given at login. COOKIE: scripts never see the refresh token. BODY: it is stored in `storage`. */
  readonly transport: Transport;
  /**
   * For BODY: `localStorage`, or another storage that all tabs share. Without it, or with `sessionStorage`, each tab has a
   * separate login.
   */
  readonly storage?: TokenStorage | undefined;
  /**
   * The name of this login in `storage` and among tabs. Default: from `transport` and `url`. Set it if two apps or two logins use
   * the same storage, such as one keychain. In COOKIE mode all of them share the browser's cookie.
   */
  readonly storageKey?: string | undefined;
  /**
   * The tenant that this tab works in; null: the user's home tenant. If omitted, a reloaded page continues in the tenant that
   * `switchTenant` chose in this tab.
   */
  readonly tenant?: string | null | undefined;
  /** Replaces the global `fetch`. */
  readonly fetch?: Fetch | undefined;
}
