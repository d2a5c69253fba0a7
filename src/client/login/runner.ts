import { type LoginError, loginErrorOf } from "./failures.ts";
import type { Store } from "./store.ts";

/** What every state with actions has. */
export interface Progress {
  /** Whether an action is in progress. Until it ends, further actions send nothing. */
  readonly busy: boolean;
  /** Why the last action failed; null after a success. */
  readonly error: LoginError | null;
}

/** Whether the action still counts: not after `reset`. */
export type IsCurrent = () => boolean;

/** Runs the actions that the states of a store offer. */
export interface Runner<State> {
  /**
   * Runs one action: while it runs, others send nothing. Then shows the state that it returned, or that of the failure; nothing
   * after `reset`.
   *
   * @returns a promise that never rejects
   */
  readonly run: (work: (isCurrent: IsCurrent) => Promise<State | undefined>) => Promise<void>;
  /** Abandons the action in progress: its answer is ignored. */
  readonly reset: () => void;
  /** Changes the current state. */
  readonly patch: (change: object) => void;
}

export const createRunner = <State extends object>(
  { getState, set }: Pick<Store<State>, "getState" | "set">,
  onFailure: (error: LoginError) => void,
): Runner<State> => {
  let turn = 0;
  let running: Promise<void> | null = null;
  const patch = (change: object): void => set({ ...getState(), ...change });
  return {
    patch,
    reset() {
      turn++;
      running = null;
    },
    run(work) {
      if (running) return running;
      const mine = turn;
      const isCurrent = () => mine === turn;
      const isDone = (): boolean => {
        if (isCurrent()) running = null;
        return isCurrent();
      };
      running = Promise.resolve()
        .then(() => work(isCurrent))
        .then(
          (next) => {
            if (isDone()) set(next ?? { ...getState(), busy: false });
          },
          (thrown: unknown) => {
            if (isDone()) onFailure(loginErrorOf(thrown));
          },
        );
      patch({ busy: true, error: null });
      return running;
    },
  };
};
