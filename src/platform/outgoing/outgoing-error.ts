/**
 * Why a call did not come to an answer. ADDRESS_REFUSED: it was not even tried. UNREACHABLE: no name, no connection, no
 * trust (TLS), or nothing that HTTP is. TIMED_OUT: the deadline passed. TOO_LARGE: cut off.
 */
export type OutgoingFailure = "ADDRESS_REFUSED" | "UNREACHABLE" | "TIMED_OUT" | "TOO_LARGE";

/** A call to an address that a user gave came to nothing. Names neither the address nor what was sent: it may be logged. */
export class OutgoingError extends Error {
  readonly kind: OutgoingFailure;

  constructor(kind: OutgoingFailure, options?: { readonly cause?: unknown }) {
    super(`An outgoing call failed: ${kind}`, options);
    this.name = "OutgoingError";
    this.kind = kind;
  }
}
