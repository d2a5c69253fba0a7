import { sender } from "../login/execute.ts";
import { type LoginError, loginErrorOf } from "../login/failures.ts";
import { currentUser } from "../login/operations.ts";
import type { CurrentUser } from "../login/results.ts";
import { createStore, type ReadableStore } from "../login/store.ts";
import type { AuthContextValue } from "./auth-context.ts";

export interface UserState {
  /** Null while signed out, and until the user is read. */
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
export const createUserStore = ({ auth, execute, initialSession, initialUser = null }: AuthContextValue): UserStore => {
  const send = sender(auth, execute);
  const isKnown = initialSession?.status === "SIGNED_OUT" || (initialSession?.status === "SIGNED_IN" && initialUser);
  /** The session whose user is shown or being read; undefined until it is known who is signed in. */
  let owner = isKnown ? initialSession?.sessionId : undefined;
  let unwatch = (): void => {};

  const load = async (before: CurrentUser | null): Promise<void> => {
    const session = owner;
    store.set({ user: before, loading: true, error: null });
    const next = await send(currentUser()).then(
      (user): UserState => ({ user, loading: false, error: null }),
      (thrown: unknown): UserState => ({ user: before, loading: false, error: loginErrorOf(thrown) }),
    );
    if (session === owner) store.set(next);
  };

  const follow = (): void => {
    const { status, sessionId } = auth.getState();
    if (status === "UNKNOWN" || sessionId === owner) return;
    owner = sessionId;
    if (sessionId === null) store.set(NO_USER);
    else void load(null);
  };

  const initial: UserState = { user: isKnown ? initialUser : null, loading: !isKnown, error: null };
  const store = createStore<UserState>(initial, (isObserved) => {
    unwatch();
    unwatch = isObserved ? auth.onChange(follow) : () => {};
    if (isObserved) follow();
  });
  const refetch = async (): Promise<void> => {
    if (owner) await load(store.getState().user);
  };
  return { ...store, refetch };
};
