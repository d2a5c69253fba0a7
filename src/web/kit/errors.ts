import { useTranslation } from "react-i18next";
import { type ApiError, errorOf } from "../../client/index.ts";

/** Seconds as whole minutes, at least one. */
const toMinutes = (seconds: number | null): number => Math.max(1, Math.ceil((seconds ?? 60) / 60));

/**
 * The text for an error of the API in the user's language: that of its reason, otherwise that of its code. A failure without a
 * code is one of the network.
 */
export const useErrorText = (): ((thrown: unknown) => string) => {
  const { t } = useTranslation("errors");
  return (thrown) => {
    const error: ApiError | null = errorOf(thrown);
    if (error === null) return t("NO_ANSWER");
    const values = { count: toMinutes(error.retryAfter), attemptsLeft: error.attemptsLeft ?? 0 };
    if (error.code === "INVALID_CODE") {
      const { attemptsLeft } = values;
      return attemptsLeft > 0 ? t("INVALID_CODE", { count: attemptsLeft }) : t("INVALID_CODE_LAST");
    }
    return t(error.reason ?? error.code, values);
  };
};

/** The names of the input fields that the API refused: `email` for `input.email`. */
export const invalidFieldsOf = (thrown: unknown): readonly string[] =>
  (errorOf(thrown)?.fields ?? []).map(({ path }) => path.replace(/^input\./, ""));
