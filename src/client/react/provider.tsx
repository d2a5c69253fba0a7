import { type ReactNode, useEffect, useState } from "react";
import { AuthFailure } from "../failure.ts";
import { globals } from "../globals.ts";
import type { Auth, AuthState } from "../index.ts";
import type { Execute } from "../login/execute.ts";
import { createReauthentication } from "../login/reauthentication.ts";
import type { CurrentUser } from "../login/results.ts";
import { AuthContext, type AuthContextValue } from "./auth-context.ts";
import { createUserStore } from "./user-store.ts";

export interface AuthProviderProps {
  /** The app's `createAuth(…)`. Create it once, outside of components. */
  readonly auth: Auth;
  readonly children?: ReactNode;
  /** With server-side rendering: the session that the server found. Shown until the browser knows more. */
  readonly initialSession?: AuthState | undefined;
  /** With server-side rendering: the user of that session. */
  readonly initialUser?: CurrentUser | null | undefined;
  /** Sends the operations of the hooks, instead of `fetch`. */
  readonly execute?: Execute | undefined;
}

/** How long until the next attempt to find out who is signed in, if the API is unavailable. */
const RETRY_SECONDS = 5;

/** Provides the login to the hooks and components below, and finds out who is signed in. */
export const AuthProvider = ({ auth, children, initialSession, initialUser = null, execute }: AuthProviderProps) => {
  const [value] = useState<AuthContextValue>(() => ({
    auth,
    execute,
    initialSession,
    users: createUserStore(auth, { execute, initialUser }),
    reauthentication: createReauthentication(auth, { execute }),
  }));

  useEffect(() => {
    let isUnmounted = false;
    const find = (): void => {
      if (isUnmounted) return;
      auth.ready().catch((failure: unknown) => {
        const seconds = (failure instanceof AuthFailure && failure.retryAfter) || RETRY_SECONDS;
        globals().setTimeout(find, seconds * 1_000);
      });
    };
    find();
    return () => {
      isUnmounted = true;
    };
  }, [auth]);

  return <AuthContext.Provider value={value}>{children}</AuthContext.Provider>;
};
