import type { FieldFault } from "./errors.ts";
import { nameFaults } from "./names.ts";

export const MAX_REASON_LENGTH = 500;

/** The faults of the reason that an admin gives for a decision. */
export const reasonFaults = (reason: string, path: string): readonly FieldFault[] =>
  nameFaults(reason, path, MAX_REASON_LENGTH);
