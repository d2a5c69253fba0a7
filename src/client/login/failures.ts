import { type ApiError, errorOf } from "../errors.ts";
import { AuthFailure } from "../failure.ts";

/** A failure that is not an error of the API. It has the same properties, so that one form can show both. */
export interface ClientError {
  readonly code: /** The API could not be reached, or the response was not understood: try again. */
    | "NO_ANSWER"
    /** The user closed the passkey prompt, or has no passkey here. */
    | "PASSKEY_CANCELLED"
    /** This browser or this address (an IP address, http) does not support passkeys. */
    | "PASSKEY_FAILED"
    /** The provider sent the user back with an error, for example because they refused. */
    | "PROVIDER_REFUSED";
  readonly reason: null;
  readonly message: string;
  readonly fields: readonly { readonly path: string; readonly message: string }[];
  readonly attemptsLeft: null;
  readonly retryAfter: null;
}

/** What went wrong in a step. Decide by `code` and `reason`, and keep a default branch. */
export type LoginError = ApiError | ClientError;

/** The error to show for what was thrown. */
export const loginErrorOf = (thrown: unknown): LoginError =>
  errorOf(thrown) ?? {
    code: thrown instanceof AuthFailure ? (thrown.code as ClientError["code"]) : "NO_ANSWER",
    reason: null,
    message: String(thrown),
    fields: [],
    attemptsLeft: null,
    retryAfter: null,
  };
