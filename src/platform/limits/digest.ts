import { createHash } from "node:crypto";

/** A hash for the keys of limits: user input (sometimes passwords) and addresses must not be stored in the table. */
export const digest = (text: string): string => createHash("sha256").update(text).digest("base64url").slice(0, 22);
