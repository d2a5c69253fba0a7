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

export interface Store<State> extends ReadableStore<State> {
  readonly set: (state: State) => void;
}

/** `onObserved` is called when the first listener subscribes and when the last one leaves. */
export const createStore = <State>(initial: State, onObserved: (isObserved: boolean) => void): Store<State> => {
  let state = initial;
  const listeners = new Set<() => void>();
  return {
    getState: () => state,
    subscribe(listener) {
      // Another function each time, because the same listener may subscribe twice.
      const call = () => listener();
      listeners.add(call);
      if (listeners.size === 1) onObserved(true);
      return () => {
        if (listeners.delete(call) && listeners.size === 0) onObserved(false);
      };
    },
    set(next) {
      state = next;
      for (const call of [...listeners]) call();
    },
  };
};
