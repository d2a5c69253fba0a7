import { useState, useSyncExternalStore } from "react";
import type { Auth } from "../auth.ts";
import type { AuthState } from "../auth-store.ts";
import type { LoginFlowOptions } from "../login/flow-context.ts";
import { createLoginFlow, type LoginFlow } from "../login/login-flow.ts";
import type { LoginState } from "../login/login-state.ts";
import {
  createReauthentication,
  type Reauthentication,
  type ReauthenticationState,
} from "../login/reauthentication.ts";
import type { ReadableStore } from "../login/store.ts";
import { type AuthContextValue, useAuthContext, useShared } from "./auth-context.ts";
import { createUserStore, type UserState, type UserStore } from "./user-store.ts";

const useStore = <State>({ subscribe, getState }: ReadableStore<State>): State =>
  useSyncExternalStore(subscribe, getState, getState);

/** The app's `createAuth(…)`: `logout`, `switchTenant`, `authorize` … */
export const useAuth = (): Auth => useAuthContext().auth;

const UNKNOWN: AuthState = Object.freeze({
  status: "UNKNOWN",
  sessionId: null,
  reason: null,
  tenantId: null,
  tenantError: null,
});

/** Whether a user is signed in, and in which tenant this tab works. */
export const useSession = (): AuthState => {
  const { auth, initialSession = UNKNOWN } = useAuthContext();
  const onServer = () => initialSession;
  return useSyncExternalStore(
    auth.onChange,
    () => {
      const state = auth.getState();
      return state.status === "UNKNOWN" ? initialSession : state;
    },
    onServer,
  );
};

/** The signed-in user, read once for each session. `refetch` reads it again. */
export const useUser = (): UserState & Pick<UserStore, "refetch"> => {
  const users = useShared(createUserStore);
  return { ...useStore(users), refetch: users.refetch };
};

/**
 * A login, step by step: the current step, with the actions that it allows. Pass options, or a flow that several pages share
 * (`createLoginFlow`). Options are read at the first rendering.
 */
export const useLogin = (options: LoginFlowOptions | LoginFlow = {}): LoginState => {
  const { auth, execute } = useAuthContext();
  const [flow] = useState(() => ("subscribe" in options ? options : createLoginFlow(auth, { execute, ...options })));
  return useStore(flow);
};

const createSharedReauthentication = ({ auth, execute }: AuthContextValue): Reauthentication =>
  createReauthentication(auth, { execute });

/**
 * Step-up: `run` repeats a call after the user has proved their identity, if the API demands it; `dialog` is what the dialog
 * shows. All components share one dialog.
 */
export const useReauthenticate = (): Pick<Reauthentication, "run"> & { readonly dialog: ReauthenticationState } => {
  const reauthentication = useShared(createSharedReauthentication);
  return { run: reauthentication.run, dialog: useStore(reauthentication) };
};
