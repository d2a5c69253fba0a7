import { type ReactNode, useEffect, useRef } from "react";
import type { AuthState } from "../auth-store.ts";
import { useSession } from "./hooks.ts";

export interface GateProps {
  readonly children?: ReactNode;
  /** Shown until it is known whether a user is signed in. */
  readonly fallback?: ReactNode;
}

/** Renders its children if a user is signed in. */
export const SignedIn = ({ children, fallback = null }: GateProps): ReactNode => {
  const { status } = useSession();
  return status === "UNKNOWN" ? fallback : status === "SIGNED_IN" ? children : null;
};

/** Renders its children if no user is signed in. */
export const SignedOut = ({ children, fallback = null }: GateProps): ReactNode => {
  const { status } = useSession();
  return status === "UNKNOWN" ? fallback : status === "SIGNED_OUT" ? children : null;
};

export interface RequireAuthProps extends GateProps {
  /** Called when no user is signed in, or no longer: open the login page. `reason` says why the session ended. */
  readonly onSignedOut: (session: AuthState) => void;
}

/** A route guard: renders its children for a signed-in user only. */
export const RequireAuth = ({ children, fallback = null, onSignedOut }: RequireAuthProps): ReactNode => {
  const session = useSession();
  const latest = useRef(onSignedOut);
  useEffect(() => {
    latest.current = onSignedOut;
  });
  useEffect(() => {
    if (session.status === "SIGNED_OUT") latest.current(session);
  }, [session]);
  return session.status === "SIGNED_IN" ? children : fallback;
};
