import { errorOf } from "portcullis/client";

/** What to show for an error: decided by `code` and `reason`, which docs/frontend.md lists. */
export const messageOf = (thrown: unknown): string => {
  const error = errorOf(thrown);
  switch (error?.code) {
    case "INVALID_CREDENTIALS":
      return "The address or the password is wrong.";
    case "INVALID_CODE":
      return error.attemptsLeft ? "This code is wrong." : "Too many wrong codes. Log in again.";
    case "INVALID_TOKEN":
      return "This login has expired. Log in again.";
    case "RATE_LIMITED":
      return `Too many attempts. Try again in ${error.retryAfter ?? 60} seconds.`;
    case "FORBIDDEN":
      return error.reason === "ENROLMENT_REQUIRED" ? "Add a second factor to continue." : "This is not possible.";
    default:
      // Also without a connection, and for codes of later versions.
      return "Try again later.";
  }
};
