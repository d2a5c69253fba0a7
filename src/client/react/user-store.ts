import type { Auth } from "../auth.ts";
import { type Execute, sender } from "../login/execute.ts";
import { type LoginError, loginErrorOf } from "../login/failures.ts";
import { currentUser } from "../login/operations.ts";
import type { CurrentUser } from "../login/results.ts";
import { createStore, type ReadableStore } from "../login/store.ts";

export interface UserState {
  /** Null while signed out, and until the user is loaded. */
  readonly user: CurrentUser | null;
  readonly loading: boolean;
  readonly error: LoginError | null;
}

export interface UserStore extends ReadableStore<UserState> {
  /** Reads the user again, for example after a change of the name. */
  readonly refetch: () => Promise<void>;
}

const NO_USER: UserState = { user: null, loading: false, error: null };

/** The signed-in user, read once for each session, and dropped when the session changes. */
export const createUserStore = (
  auth: Auth,
  { execute, initialUser = null }: { readonly execute: Execute | undefined; readonly initialUser: CurrentUser | null },
): UserStore => {
  const send = sender(auth, execute);
  let sessionId: string | null | undefined;
  let unwatch = (): void => {};

  const refetch = async (): Promise<void> => {
    const owner = auth.getState().sessionId;
    if (owner === null) return;
    store.set({ ...store.getState(), loading: true, error: null });
    const next = await send(currentUser()).then(
      (user): UserState => ({ user, loading: false, error: null }),
      (thrown: unknown): UserState => ({ ...store.getState(), loading: false, error: loginErrorOf(thrown) }),
    );
    if (owner === auth.getState().sessionId) store.set(next);
  };

  const follow = (): void => {
    const { status, sessionId: current } = auth.getState();
    if (status === "UNKNOWN" || current === sessionId) return;
    // What the server has rendered belongs to the session that the page finds when it is loaded.
    const isInitial = sessionId === undefined && current !== null && store.getState().user !== null;
    sessionId = current;
    if (isInitial) return;
    store.set(NO_USER);
    void refetch();
  };

  const store = createStore<UserState>({ ...NO_USER, user: initialUser }, (isObserved) => {
    unwatch();
    unwatch = isObserved ? auth.onChange(follow) : () => {};
    if (isObserved) follow();
  });
  return { ...store, refetch };
};
