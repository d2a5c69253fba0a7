/** Ends the session opened by the page of a link. */
export const LOGOUT = "mutation { result: logout { endedSessionId } }";
