import { createHash } from "node:crypto";

/** What stands in a limit's key for what people typed, passwords too at times, and for where they are: the table keeps neither. */
export const digest = (text: string): string => createHash("sha256").update(text).digest("base64url").slice(0, 22);
