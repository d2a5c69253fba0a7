import { type ReactNode, useEffect, useState } from "react";
import { AuthFailure } from "../failure.ts";
import { globals } from "../globals.ts";
import { AuthContext, type AuthContextValue } from "./auth-context.ts";

export interface AuthProviderProps extends AuthContextValue {
  readonly children?: ReactNode;
}

/** How long until the next attempt to find out who is signed in, if the API is unavailable. */
const RETRY_SECONDS = 5;

/** Provides the login to the hooks and components below, and finds out who is signed in. Its properties are read once. */
export const AuthProvider = ({ children, ...value }: AuthProviderProps): ReactNode => {
  const [context] = useState(() => ({ ...value, shared: new Map() }));
  const { auth } = context;

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

  return <AuthContext.Provider value={context}>{children}</AuthContext.Provider>;
};
