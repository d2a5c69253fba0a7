import { createContext, useContext } from "react";
import type { Auth, AuthState } from "../index.ts";
import type { Execute } from "../login/execute.ts";
import type { Reauthentication } from "../login/reauthentication.ts";
import type { UserStore } from "./user-store.ts";

export interface AuthContextValue {
  readonly auth: Auth;
  readonly execute: Execute | undefined;
  /** What the server has rendered; undefined without server-side rendering. */
  readonly initialSession: AuthState | undefined;
  readonly users: UserStore;
  readonly reauthentication: Reauthentication;
}

export const AuthContext = createContext<AuthContextValue | null>(null);

export const useAuthContext = (): AuthContextValue => {
  const value = useContext(AuthContext);
  if (!value) throw new Error("Render <AuthProvider> around the components that use its hooks.");
  return value;
};
