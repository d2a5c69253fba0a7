import { type LoginError, loginErrorOf } from "./failures.ts";

/** A value that changes over time. It fits React's `useSyncExternalStore`, and any other observer. */
export interface ReadableStore<State> {
  /** The same object until it changes. */
  readonly getState: () => State;
  /**
   * Calls `listener` after each change.
   *
   * @returns a function that unsubscribes
   */
  readonly subscribe: (listener: () => void) => () => void;
}

/** What every state with actions has. */
export interface Progress {
  /** Whether an action is in progress. Until it ends, further actions send nothing. */
  readonly busy: boolean;
  /** Why the last action failed; null after a success. */
  readonly error: LoginError | null;
}

/** A state without the properties that are added when it is shown. */
export type Without<Added, State> = State extends unknown ? Omit<State, keyof Added> : never;

/** Whether the action still counts: not after `reset`. */
export type IsCurrent = () => boolean;

/** A store whose states offer actions, of which one runs at a time. */
export interface ActionStore<State, Step> extends ReadableStore<State> {
  /** Shows a step in which no action is in progress. */
  readonly show: (step: Step, error?: LoginError | null) => void;
  /**
   * Runs one action: while it runs, others send nothing. Then shows the step that it returned, or the failure; nothing after
   * `reset`.
   *
   * @returns a promise that never rejects
   */
  readonly run: (action: (isCurrent: IsCurrent) => Promise<Step | undefined>) => Promise<void>;
  /** Abandons the action in progress: its answer is ignored. */
  readonly reset: () => void;
}

/** What happens by itself while a state has listeners. Returns a function that stops it. */
export type Task = () => () => void;

interface StoreOptions<State, Step> {
  readonly initial: Step & Partial<Progress>;
  /** The state that shows a step. */
  readonly toState: (step: Step & Progress) => State;
  /** Called when an action has failed, instead of showing the error in the same step. */
  readonly onFailure?: (error: LoginError) => void;
  /** The task of a state. It continues in the next state if that has the same one. */
  readonly taskOf?: (state: State) => Task | undefined;
}

export const createStore = <State extends Step, Step extends object>({
  initial,
  toState,
  onFailure,
  taskOf,
}: StoreOptions<State, Step>): ActionStore<State, Step> => {
  const listeners = new Set<() => void>();
  let state = toState({ busy: false, error: null, ...initial });
  let running: Promise<void> | null = null;
  let task: Task | undefined;
  let stop: (() => void) | undefined;

  const updateTask = (): void => {
    const wanted = listeners.size > 0 ? taskOf?.(state) : undefined;
    if (wanted === task) return;
    stop?.();
    task = wanted;
    stop = task?.();
  };

  const show = (step: Step, error: LoginError | null = null, busy = false): void => {
    state = toState({ ...step, busy, error });
    for (const call of [...listeners]) call();
    updateTask();
  };

  const fail = onFailure ?? ((error) => show(state, error));

  return {
    getState: () => state,
    subscribe(listener) {
      // Another function each time, because the same listener may subscribe twice.
      const call = () => listener();
      listeners.add(call);
      updateTask();
      return () => {
        listeners.delete(call);
        updateTask();
      };
    },
    show,
    reset() {
      running = null;
    },
    run(action) {
      if (running) return running;
      const isCurrent = () => running === mine;
      const end = (report: () => void): void => {
        if (!isCurrent()) return;
        running = null;
        report();
      };
      const mine = Promise.resolve()
        .then(() => action(isCurrent))
        .then(
          (step = state) => end(() => show(step)),
          (thrown: unknown) => end(() => fail(loginErrorOf(thrown))),
        );
      running = mine;
      show(state, null, true);
      return mine;
    },
  };
};
