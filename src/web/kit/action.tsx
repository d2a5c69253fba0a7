import { type ReactNode, useState } from "react";
import { Alert } from "./alert.tsx";
import { useErrorText } from "./errors.ts";

interface Action {
  readonly busy: boolean;
  /** Runs the work once at a time. What it throws is in `failure`. */
  readonly start: () => Promise<void>;
  /** Why it failed, to be shown where the user pressed; null if it did not. */
  readonly failure: ReactNode;
}

/** Something that a press starts, outside of a form. */
export const useAction = (work: () => Promise<unknown>): Action => {
  const errorText = useErrorText();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const start = async () => {
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      await work();
    } catch (thrown) {
      setError(thrown);
    } finally {
      setBusy(false);
    }
  };
  return { busy, start, failure: error !== null && <Alert tone="danger">{errorText(error)}</Alert> };
};
