/**
 * Why a call failed. ADDRESS_REFUSED: the address itself is not allowed. NAME_REFUSED: the name resolves to an address that is
 * not allowed; users see UNREACHABLE instead, because internal names must not be revealed. UNREACHABLE: no name, no connection,
 * no trust (TLS), or not HTTP. TIMED_OUT: the deadline passed. TOO_LARGE: cut off.
 */
export type HttpClientFailure = "ADDRESS_REFUSED" | "NAME_REFUSED" | "UNREACHABLE" | "TIMED_OUT" | "TOO_LARGE";

/** A call to an address given by a user failed. Contains neither the address nor what was sent, so it may be logged. */
export class HttpClientError extends Error {
  readonly kind: HttpClientFailure;

  constructor(kind: HttpClientFailure, options?: { readonly cause?: unknown }) {
    super(`An outgoing call failed: ${kind}`, options);
    this.name = "HttpClientError";
    this.kind = kind;
  }
}
