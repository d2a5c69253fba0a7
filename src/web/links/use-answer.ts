import { useState } from "react";
import { isInvalidLink } from "./link-page.tsx";

/** The user's answer on a page with buttons: which one was pressed, and what came of it. */
export interface Answer<Result> {
  readonly busy: boolean;
  readonly result: Result | null;
  readonly isInvalid: boolean;
  /** Null if nothing failed. */
  readonly failure: unknown;
  readonly send: (answer: () => Promise<Result>) => Promise<void>;
}

export const useAnswer = <Result>(): Answer<Result> => {
  const [busy, setBusy] = useState(false);
  const [result, setResult] = useState<Result | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const send = async (answer: () => Promise<Result>) => {
    setBusy(true);
    setFailure(null);
    try {
      setResult(await answer());
    } catch (thrown) {
      setFailure(thrown);
    } finally {
      setBusy(false);
    }
  };
  return { busy, result, isInvalid: isInvalidLink(failure), failure, send };
};
