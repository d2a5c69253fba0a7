import { type ReactNode, useState } from "react";
import { Alert } from "./alert.tsx";
import { useErrorText } from "./errors.ts";

interface Action<Args extends readonly unknown[]> {
  readonly busy: boolean;
  /** Runs the work once at a time. What it throws is in `failure`. */
  readonly start: (...args: Args) => Promise<void>;
  /** Why it failed, to be shown where the user pressed; null if it did not. */
  readonly failure: ReactNode;
}

/** Something that a press starts, outside of a form. */
export const useAction = <Args extends readonly unknown[]>(work: (...args: Args) => Promise<unknown>): Action<Args> => {
  const errorText = useErrorText();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const start = async (...args: Args) => {
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      await work(...args);
    } catch (thrown) {
      setError(thrown);
    } finally {
      setBusy(false);
    }
  };
  return { busy, start, failure: error !== null && <Alert tone="danger">{errorText(error)}</Alert> };
};
