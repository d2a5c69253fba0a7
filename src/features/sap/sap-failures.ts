import { HttpClientError, type HttpClientFailure } from "#platform/http-client/index";
import { AppError } from "#shared/errors";

/** SAP did not respond, or the response is not from an SAP Gateway. The message is for the admin who entered the address. */
export const sapUnreachable = (message: string, cause?: unknown): AppError =>
  new AppError("UPSTREAM_FAILED", { reason: "SAP_UNREACHABLE", message, cause });

/** SAP responded, but rejected these credentials. */
export const sapUnauthorized = (message: string): AppError =>
  new AppError("UPSTREAM_FAILED", { reason: "SAP_UNAUTHORIZED", message });

const NOTHING_ANSWERS = "No SAP system responded at this address.";

const MESSAGES: Readonly<Record<Exclude<HttpClientFailure, "ADDRESS_REFUSED">, string>> = {
  // The same message for both, so that it does not reveal internal host names.
  NAME_REFUSED: NOTHING_ANSWERS,
  UNREACHABLE: NOTHING_ANSWERS,
  TIMED_OUT: "SAP did not respond in time.",
  TOO_LARGE: "The response of SAP is too large for a catalogue of services.",
};

/**
 * Returns the failure for a visitor who is not signed in, without details. A visitor may enter any address, and must not learn
 * whether a system exists there, what it responds or how long it takes.
 */
export const withoutDetail = (error: unknown): unknown => {
  if (!(error instanceof AppError) || error.code !== "UPSTREAM_FAILED" || !error.reason) return error;
  const message = "No usable SAP system responded at this address.";
  return new AppError(error.code, { reason: error.reason, message, cause: error });
};

/** Maps a failed call to the client's error. */
export const sapFailure = (error: unknown): unknown => {
  if (!(error instanceof HttpClientError)) return error;
  if (error.kind !== "ADDRESS_REFUSED") return sapUnreachable(MESSAGES[error.kind], error);
  return new AppError("BAD_REQUEST", {
    reason: "SAP_ADDRESS_REFUSED",
    message: "Use an http(s) address on the public Internet, without credentials in it.",
    cause: error,
  });
};
