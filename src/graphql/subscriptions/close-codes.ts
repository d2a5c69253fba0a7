/**
 * Why the server closes a socket. Clients of graphql-ws reconnect after 1001, 1012, 1013 and 4403, and give up after 4400, 4401,
 * 4406, 4409 and 4429.
 */
export const CLOSE = {
  /** The server stops; the client can reconnect to another replica. */
  restart: { code: 1012, reason: "Service Restart" },
  /** An unauthenticated socket reached its maximum lifetime. */
  aged: { code: 1001, reason: "Going Away" },
  /** The client cannot be authenticated now. */
  unavailable: { code: 1013, reason: "Try again later" },
  binary: { code: 1003, reason: "Text only" },
  failed: { code: 4500, reason: "Internal server error" },
  notForClients: { code: 4400, reason: "Invalid message received" },
  /** The session has ended: the user must log in. */
  sessionEnded: { code: 4401, reason: "Session ended" },
  /** The membership in the tenant of the access token was suspended or removed; other sockets of the session stay. */
  notAMember: { code: 4401, reason: "Membership ended" },
  /** The access token has expired or its claims are outdated: the client must refresh it. */
  tokenOutdated: { code: 4403, reason: "Forbidden" },
  /** Another subscription uses that id. */
  idTaken: { code: 4409, reason: "Subscriber already exists" },
  tooMany: { code: 4429, reason: "Too many" },
} as const satisfies Readonly<Record<string, CloseReason>>;

/** The close of a socket whose session has ended: its reason contains `Session.endReason`. */
export const sessionEndedFor = (endReason: string | null): CloseReason =>
  endReason === null
    ? CLOSE.sessionEnded
    : { ...CLOSE.sessionEnded, reason: `${CLOSE.sessionEnded.reason}: ${endReason}` };

export interface CloseReason {
  readonly code: number;
  readonly reason: string;
}

/** The codes with their own metric label: those of this API, graphql-ws and `ws`. A client may send any other. */
const COUNTED = new Set([
  1000, 1001, 1002, 1003, 1005, 1006, 1007, 1009, 1012, 1013, 4400, 4401, 4403, 4406, 4408, 4409, 4429, 4500,
]);

/** The metric label of a close code. */
export const closeLabel = (code: number): string => (COUNTED.has(code) ? String(code) : "other");
