import { randomUUID } from "node:crypto";

/** The id given by the caller or a proxy, if it cannot forge log lines; otherwise a new one. */
export const requestIdOf = (given: unknown): string =>
  typeof given === "string" && /^[\w-]{1,64}$/.test(given) ? given : randomUUID();
