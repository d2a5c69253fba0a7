import { useTranslation } from "react-i18next";
import { AuthFailure, ERROR_CODES, errorOf, type LoginError } from "../../client/index.ts";

/** Seconds as whole minutes, at least one. */
const toMinutes = (seconds: number | null): number => Math.max(1, Math.ceil((seconds ?? 60) / 60));

type ShownError = Pick<LoginError, "code" | "reason" | "attemptsLeft" | "retryAfter">;

/** What to say about it; null for a failure of the network, or one that this version does not know. */
const shownErrorOf = (thrown: unknown): ShownError | null => errorOf(thrown) ?? loginErrorIn(thrown);

/** The `error` of a login or a step-up is already what `errorOf` would return. */
const loginErrorIn = (thrown: unknown): ShownError | null => {
  const { code, reason } = (thrown ?? {}) as Partial<LoginError>;
  return code !== undefined && reason !== undefined && isKnown(code) ? (thrown as LoginError) : null;
};

const CLIENT_CODES = ["PASSKEY_CANCELLED", "PASSKEY_FAILED", "PROVIDER_REFUSED"];

const isKnown = (code: string): boolean => [...ERROR_CODES, ...CLIENT_CODES].includes(code);

/**
 * The text for an error in the user's language: that of its reason, otherwise that of its code. A failure without a code is one of
 * the network.
 */
export const useErrorText = (): ((thrown: unknown) => string) => {
  const { t } = useTranslation("errors");
  return (thrown) => {
    const error = shownErrorOf(thrown);
    if (error === null || error.code === "NO_ANSWER") return t("NO_ANSWER");
    const values = { count: toMinutes(error.retryAfter), attemptsLeft: error.attemptsLeft ?? 0 };
    if (error.code === "INVALID_CODE") {
      const { attemptsLeft } = values;
      return attemptsLeft > 0 ? t("INVALID_CODE", { count: attemptsLeft }) : t("INVALID_CODE_LAST");
    }
    return t(error.reason ?? error.code, values);
  };
};

/** Whether `useErrorText` can say what happened. Otherwise it is a fault of the pages, and its text would blame the network. */
export const isDescribed = (thrown: unknown): boolean => shownErrorOf(thrown) !== null || thrown instanceof AuthFailure;

/** The names of the input fields that the API refused: `email` for `input.email`. */
export const invalidFieldsOf = (thrown: unknown): readonly string[] =>
  (errorOf(thrown)?.fields ?? []).map(({ path }) => path.replace(/^input\./, ""));
