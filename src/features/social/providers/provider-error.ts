import { ClientError, ResponseBodyError } from "openid-client";
import { HttpClientError } from "#platform/http-client/index";
import { AppError } from "#shared/errors";

/**
 * Why a provider's response was rejected. Safe to log: the errors of openid-client contain requests and responses, including codes,
 * tokens and claims, so only the kind of failure is kept.
 */
export class ProviderError extends Error {
  constructor(kind: string) {
    super(`An identity provider's response was rejected: ${kind}`);
    this.name = "ProviderError";
  }
}

/**
 * Errors of a token endpoint that rejects the code (RFC 6749, section 5.2; GitHub has a non-standard one). They include
 * invalid_request: the rest of the request is fixed and valid, and some providers return it for a malformed code.
 */
const INVALID_GRANT: ReadonlySet<string> = new Set(["invalid_grant", "invalid_request", "bad_verification_code"]);

/** Other errors of a token endpoint, which an operator must fix. */
const INVALID_CLIENT: ReadonlySet<string> = new Set([
  "invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope", "access_denied", "server_error",
  "temporarily_unavailable", "incorrect_client_credentials", "redirect_uri_mismatch", "application_suspended",
]); // biome-ignore format: one list

/** GitHub issues no tokens to users who have not verified their address. */
const UNVERIFIED = "unverified_user_email";

/** The code or its issuer does not belong to this authorization request. */
export const invalidGrant = (kind: string): AppError =>
  new AppError("INVALID_TOKEN", {
    message: "The provider rejected the code. Start the login again.",
    cause: new ProviderError(kind),
  });

/** The provider is unavailable, or its response cannot be trusted. */
export const invalidProviderResponse = (kind: string): AppError =>
  new AppError("UPSTREAM_FAILED", {
    message: "The provider sent an invalid response. Try again later.",
    cause: new ProviderError(kind),
  });

/** The issuer in the settings is not spelled as in the provider's discovery; only an operator can fix this. */
export const wrongIssuer = (): AppError =>
  new AppError("BAD_REQUEST", {
    reason: "PROVIDER_NOT_CONFIGURED",
    message: "This provider is misconfigured: its issuer in the settings is not spelled as in the provider's metadata.",
    cause: new ProviderError(
      "the issuer in SOCIAL_PROVIDERS is not the `issuer` of its discovery; copy it exactly, including any trailing slash",
    ),
  });

/** Whether discovery failed because the issuer there differs from the settings only in slashes or case. */
export const isOtherSpelling = (error: unknown): boolean => {
  if (!(error instanceof ClientError)) return false;
  const { attribute, expected, body } = (error.cause ?? {}) as IssuerMismatch;
  return attribute === "issuer" && withoutSlashes(expected) === withoutSlashes(body?.issuer);
};

/** The cause in openid-client's error if the issuer of the discovery is not the expected one. */
interface IssuerMismatch {
  readonly attribute?: unknown;
  readonly expected?: unknown;
  readonly body?: { readonly issuer?: unknown };
}

const withoutSlashes = (issuer: unknown): string => String(issuer).replace(/\/+$/, "").toLowerCase();

/** Maps the failure of a step to the client's error. */
export const providerFailure = (error: unknown): AppError => {
  if (error instanceof AppError) return error;
  if (!(error instanceof ResponseBodyError)) return invalidProviderResponse(kindOf(error));
  if (INVALID_GRANT.has(error.error)) return invalidGrant(error.error);
  if (error.error === UNVERIFIED)
    return new AppError("FORBIDDEN", { reason: "EMAIL_NOT_VERIFIED", cause: new ProviderError(UNVERIFIED) });
  // A malicious provider may send any text here.
  return invalidProviderResponse(INVALID_CLIENT.has(error.error) ? error.error : "an error of its own");
};

/** Errors with constant messages. */
const CONSTANT_MESSAGES: ReadonlySet<string> = new Set(["OperationProcessingError", "UnsupportedOperationError"]);

/** A description for the log: openid-client's failure code, and oauth4webapi's constant message if there is one. */
const kindOf = (error: unknown): string => {
  if (!(error instanceof Error)) return "not an error";
  if (error.cause instanceof HttpClientError) return error.cause.kind;
  const kind = error instanceof ClientError ? (error.code ?? error.message) : error.name;
  const explained = [error, error.cause].find((each) => each instanceof Error && CONSTANT_MESSAGES.has(each.name));
  return explained instanceof Error ? `${kind}, ${explained.message}` : kind;
};
