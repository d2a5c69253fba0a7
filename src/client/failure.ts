/**
 * Why tokens could not be renewed, or a session not be ended, though it may well live on: the API was away, or it said wait.
 * Nobody is logged out for it.
 */
export class AuthFailure extends Error {
  /** The API's code (`SERVICE_UNAVAILABLE`, `RATE_LIMITED` …), or `NO_ANSWER`. */
  readonly code: string;
  /** Seconds to wait, where the API says so. */
  readonly retryAfter: number | null;

  constructor(code: string, message: string, retryAfter: number | null = null) {
    super(message);
    this.name = "AuthFailure";
    this.code = code;
    this.retryAfter = retryAfter;
  }
}
