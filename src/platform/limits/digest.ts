import { createHash } from "node:crypto";

/** What stands for a text in a limit's key. People type anything, passwords too: the table of limits keeps none of it. */
export const digest = (text: string): string => createHash("sha256").update(text).digest("base64url").slice(0, 22);
