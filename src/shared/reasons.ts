import type { FieldFault } from "./errors.ts";
import { lineFaults } from "./text.ts";

export const MAX_REASON_LENGTH = 500;

/** What is wrong with the reason that an admin gives for a decision. */
export const reasonFaults = (reason: string, path: string): readonly FieldFault[] =>
  lineFaults(reason, MAX_REASON_LENGTH, path);
