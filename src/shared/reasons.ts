import type { FieldError } from "./errors.ts";
import { validateName } from "./names.ts";

export const MAX_REASON_LENGTH = 500;

/** The faults of the reason that an admin gives for a decision. */
export const validateReason = (reason: string, path: string): readonly FieldError[] =>
  validateName(reason, path, MAX_REASON_LENGTH);
