import { sender } from "../login/execute.ts";
import type { LoginError } from "../login/failures.ts";
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

/** The signed-in user, read once for each session, and dropped when the session changes. */
export const createUserStore = ({ auth, execute, initialSession, initialUser = null }: AuthContextValue): UserStore => {
  const send = sender(auth, execute);
  const isKnown = initialSession?.status === "SIGNED_OUT" || (initialSession?.status === "SIGNED_IN" && initialUser);
  /** The session whose user is shown or being read; undefined until it is known who is signed in. */
  let owner = isKnown ? initialSession?.sessionId : undefined;

  const { getState, subscribe, show, run, reset } = createStore<UserState, Pick<UserState, "user">>({
    initial: { user: isKnown ? initialUser : null, busy: !isKnown },
    toState: ({ user, busy, error }) => ({ user, loading: busy, error }),
    taskOf: () => watch,
  });

  /** Reads the user. An earlier answer that has not arrived may be older than the caller's change. */
  const read = (): Promise<void> => {
    reset();
    return run(async () => ({ user: await send(currentUser()) }));
  };

  const follow = (): void => {
    const { status, sessionId } = auth.getState();
    if (status === "UNKNOWN" || sessionId === owner) return;
    owner = sessionId;
    reset();
    show({ user: null });
    if (sessionId !== null) void read();
  };

  const watch = (): (() => void) => {
    follow();
    return auth.onChange(follow);
  };

  return {
    getState,
    subscribe,
    refetch: async () => {
      if (owner) await read();
    },
  };
};
