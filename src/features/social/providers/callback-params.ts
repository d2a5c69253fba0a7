import type { CustomFetch, ServerMetadata } from "openid-client";
import type { AuthorizationRequest, CallbackParams } from "./provider.ts";
import { invalidGrant } from "./provider-error.ts";

/** Longer than any provider's code; Microsoft's have about 1,500 characters. */
const MAX_CODE_LENGTH = 4_096;

/** Microsoft's placeholder in the shared issuer of all its tenants. */
const ANY_TENANT = "{tenantid}";

/**
 * Returns the expected issuer of the callback for openid-client; null if it may be absent.
 * @throws {AppError} INVALID_TOKEN if it is another one (mix-up, RFC 9207, section 2.4), or absent although this provider always
 * sends it
 */
export const expectedSender = (
  {
    issuer,
    authorization_response_iss_parameter_supported: named,
  }: Pick<ServerMetadata, "issuer" | "authorization_response_iss_parameter_supported">,
  iss: string | null,
): string | null => {
  if (iss === null && named === true) throw invalidGrant("no issuer came back");
  if (iss !== null && !isIssuer(iss, issuer)) throw invalidGrant("another issuer came back");
  return iss === null ? null : issuer;
};

const isIssuer = (iss: string, issuer: string): boolean => {
  const [before = "", behind] = issuer.split(ANY_TENANT);
  if (behind === undefined) return iss === issuer;
  const tenant = iss.slice(before.length, iss.length - behind.length);
  return /^[0-9a-f-]{36}$/i.test(tenant) && iss === before + tenant + behind;
};

/** Returns the callback address for openid-client. @throws {AppError} INVALID_TOKEN if the code is missing or too long */
export const callbackUrl = (
  { redirectUri, state }: Pick<AuthorizationRequest, "redirectUri" | "state">,
  { code }: Pick<CallbackParams, "code">,
  iss: string | null,
): URL => {
  if (code === "" || code.length > MAX_CODE_LENGTH) throw invalidGrant("no code came back");
  const url = new URL(redirectUri);
  url.search = new URLSearchParams({ code, state, ...(iss !== null && { iss }) }).toString();
  return url;
};

/**
 * The token endpoint compares the redirect URI as a string with that of the authorization request (RFC 6749, section 4.1.3).
 * openid-client would derive it from the callback address, without its own query and with a normalized spelling.
 */
export const withRedirectUri =
  (fetch: CustomFetch, redirectUri: string): CustomFetch =>
  (url, request) => {
    if (request.body instanceof URLSearchParams && request.body.has("redirect_uri"))
      request.body.set("redirect_uri", redirectUri);
    return fetch(url, request);
  };
