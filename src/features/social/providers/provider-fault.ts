import { ClientError, ResponseBodyError } from "openid-client";
import { OutgoingError } from "#platform/outgoing/index";
import { AppError } from "#shared/errors";

/**
 * Why a provider's answer was not taken. It may be logged: openid-client's own errors carry what was sent and answered, codes,
 * tokens and claims among them, so nothing of them goes on but the kind.
 */
export class ProviderFault extends Error {
  constructor(kind: string) {
    super(`An identity provider was not believed: ${kind}`);
    this.name = "ProviderFault";
  }
}

/**
 * What a token endpoint says where it does not like the code (RFC 6749, section 5.2; GitHub has a word of its own). Also
 * invalid_request: all the rest of the request is ours and right, and providers say so of a code that has no form.
 */
const REFUSED_CODE: ReadonlySet<string> = new Set(["invalid_grant", "invalid_request", "bad_verification_code"]);

/** What else it says, where an operator has to change something. */
const REFUSED_CLIENT: ReadonlySet<string> = new Set([
  "invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope", "access_denied", "server_error",
  "temporarily_unavailable", "incorrect_client_credentials", "redirect_uri_mismatch", "application_suspended",
]); // biome-ignore format: one list

/** GitHub gives no tokens to those who never proved their address. */
const UNVERIFIED = "unverified_user_email";

/** The code, or where it came from, is not what belongs to this visit. */
export const refusedCode = (kind: string): AppError =>
  new AppError("INVALID_TOKEN", {
    message: "The provider rejected the code. Start the login again.",
    cause: new ProviderFault(kind),
  });

/** The provider is unavailable, or its answer cannot be trusted. */
export const notBelieved = (kind: string): AppError =>
  new AppError("UPSTREAM_FAILED", {
    message: "The provider sent an invalid answer. Try again later.",
    cause: new ProviderFault(kind),
  });

/** The settings do not name the provider as it names itself; only whoever runs this can change it. */
export const wrongIssuer = (): AppError =>
  new AppError("BAD_REQUEST", {
    reason: "PROVIDER_NOT_CONFIGURED",
    message:
      "This provider is set up wrongly here: its issuer in the settings is not spelled as the provider spells it.",
    cause: new ProviderFault(
      "the issuer in SOCIAL_PROVIDERS is not the `issuer` of its discovery; write it in exactly the same way, the slash at its end included",
    ),
  });

/** Whether discovery failed as the issuer there differs from the settings in its slashes or case, so that it is no other one. */
export const isOtherSpelling = (error: unknown): boolean => {
  if (!(error instanceof ClientError)) return false;
  const { attribute, expected, body } = (error.cause ?? {}) as IssuerMismatch;
  return attribute === "issuer" && withoutSlashes(expected) === withoutSlashes(body?.issuer);
};

/** What openid-client tells of a discovery whose issuer is not the expected one. */
interface IssuerMismatch {
  readonly attribute?: unknown;
  readonly expected?: unknown;
  readonly body?: { readonly issuer?: unknown };
}

const withoutSlashes = (issuer: unknown): string => String(issuer).replace(/\/+$/, "").toLowerCase();

/** The failure of a step, as a client may know of it. */
export const providerFailure = (error: unknown): AppError => {
  if (error instanceof AppError) return error;
  if (!(error instanceof ResponseBodyError)) return notBelieved(kindOf(error));
  if (REFUSED_CODE.has(error.error)) return refusedCode(error.error);
  if (error.error === UNVERIFIED)
    return new AppError("FORBIDDEN", { reason: "EMAIL_NOT_VERIFIED", cause: new ProviderFault(UNVERIFIED) });
  // A provider that lies may put anything there.
  return notBelieved(REFUSED_CLIENT.has(error.error) ? error.error : "an error of its own");
};

/** Whose messages are constants. */
const SENTENCES_OF: ReadonlySet<string> = new Set(["OperationProcessingError", "UnsupportedOperationError"]);

/** A word for the log: openid-client's code of the failure, and oauth4webapi's constant sentence where there is one. */
const kindOf = (error: unknown): string => {
  if (!(error instanceof Error)) return "not an error";
  if (error.cause instanceof OutgoingError) return error.cause.kind;
  const kind = error instanceof ClientError ? (error.code ?? error.message) : error.name;
  const told = [error, error.cause].find((each) => each instanceof Error && SENTENCES_OF.has(each.name));
  return told instanceof Error ? `${kind}, ${told.message}` : kind;
};
