/** Ends the session that a page behind a link has opened. */
export const LOGOUT = "mutation { result: logout { endedSession { id } } }";
