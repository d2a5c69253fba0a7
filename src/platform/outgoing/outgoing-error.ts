/**
 * Why a call did not come to an answer. ADDRESS_REFUSED: the address itself is not allowed, as its text tells.
 * NAME_REFUSED: the name leads to one that is not; to whoever gave it that is UNREACHABLE, for which names there are inside is
 * nobody's business. UNREACHABLE: no name, no connection, no
 * trust (TLS), or nothing that HTTP is. TIMED_OUT: the deadline passed. TOO_LARGE: cut off.
 */
export type OutgoingFailure = "ADDRESS_REFUSED" | "NAME_REFUSED" | "UNREACHABLE" | "TIMED_OUT" | "TOO_LARGE";

/** A call to an address that a user gave came to nothing. Names neither the address nor what was sent: it may be logged. */
export class OutgoingError extends Error {
  readonly kind: OutgoingFailure;

  constructor(kind: OutgoingFailure, options?: { readonly cause?: unknown }) {
    super(`An outgoing call failed: ${kind}`, options);
    this.name = "OutgoingError";
    this.kind = kind;
  }
}
