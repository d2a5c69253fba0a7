import { OutgoingError, type OutgoingFailure } from "#platform/outgoing/index";
import { AppError } from "#shared/errors";

/** SAP did not answer, or not as SAP Gateway does. The message is for the admin who gave the address. */
export const sapUnreachable = (message: string, cause?: unknown): AppError =>
  new AppError("UPSTREAM_FAILED", { reason: "SAP_UNREACHABLE", message, cause });

/** SAP answers, but not to these credentials. */
export const sapUnauthorized = (message: string): AppError =>
  new AppError("UPSTREAM_FAILED", { reason: "SAP_UNAUTHORIZED", message });

const NOTHING_ANSWERS = "Nothing answers at this address as SAP does.";

const MESSAGES: Readonly<Record<Exclude<OutgoingFailure, "ADDRESS_REFUSED">, string>> = {
  // The same words: they must not tell which names there are inside.
  NAME_REFUSED: NOTHING_ANSWERS,
  UNREACHABLE: NOTHING_ANSWERS,
  TIMED_OUT: "SAP did not answer in time.",
  TOO_LARGE: "SAP answers more than a catalogue of services.",
};

/**
 * The failure as it is told to a visitor, who may have given any address: whether there is something, and what it says or
 * how long it takes, is nothing for strangers.
 */
export const untold = (error: unknown): unknown => {
  if (!(error instanceof AppError) || error.code !== "UPSTREAM_FAILED" || !error.reason) return error;
  const message = "SAP does not answer at this address as it must.";
  return new AppError(error.code, { reason: error.reason, message, cause: error });
};

/** What a call that failed is to the client. */
export const sapFailure = (error: unknown): unknown => {
  if (!(error instanceof OutgoingError)) return error;
  if (error.kind !== "ADDRESS_REFUSED") return sapUnreachable(MESSAGES[error.kind], error);
  return new AppError("BAD_REQUEST", {
    reason: "SAP_ADDRESS_REFUSED",
    message: "Use an http(s) address on the public Internet, without a user in it.",
    cause: error,
  });
};
