import { createContext, useContext } from "react";
import type { Auth } from "../auth.ts";
import type { AuthState } from "../auth-store.ts";
import type { Execute } from "../login/execute.ts";
import type { CurrentUser } from "../login/results.ts";

/** The properties of `AuthProvider`, for the hooks below it. */
export interface AuthContextValue {
  /** The app's `createAuth(…)`. Create it once, outside of components. */
  readonly auth: Auth;
  /** With server-side rendering: the session that the server found. Shown until the browser knows more. */
  readonly initialSession?: AuthState | undefined;
  /** With server-side rendering: the user of that session. */
  readonly initialUser?: CurrentUser | null | undefined;
  /** Sends the operations of the hooks, instead of `fetch`. */
  readonly execute?: Execute | undefined;
}

/** The context, with what its hooks share: one of each for a provider, created when a hook first needs it. */
export interface SharedContext extends AuthContextValue {
  readonly shared: Map<unknown, unknown>;
}

export const AuthContext = createContext<SharedContext | null>(null);

export const useAuthContext = (): SharedContext => {
  const context = useContext(AuthContext);
  if (!context) throw new Error("Render <AuthProvider> around the components that use its hooks.");
  return context;
};

/** What `create` returns for this provider: the same for all components. */
export const useShared = <Value>(create: (context: AuthContextValue) => Value): Value => {
  const context = useAuthContext();
  const { shared } = context;
  if (!shared.has(create)) shared.set(create, create(context));
  return shared.get(create) as Value;
};
