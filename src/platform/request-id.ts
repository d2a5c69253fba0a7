import { randomUUID } from "node:crypto";

/** The id that the caller or a proxy gave, where it cannot forge a line of the log; else one of ours. */
export const requestIdOf = (given: unknown): string =>
  typeof given === "string" && /^[\w-]{1,64}$/.test(given) ? given : randomUUID();
