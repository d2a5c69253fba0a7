import type { CustomFetch, ServerMetadata } from "openid-client";
import type { Visit, VisitCallback } from "./provider.ts";
import { refusedCode } from "./provider-fault.ts";

/** No provider's code is longer; Microsoft's have some 1,500 characters. */
const MAX_CODE_LENGTH = 4_096;

/** How Microsoft names the issuer of all its companies in one. */
const ANY_TENANT = "{tenantid}";

/**
 * Who is to have sent the browser back, as openid-client compares it; null where nobody needs to be named. Throws
 * INVALID_TOKEN where it was another (mix-up, RFC 9207, section 2.4), or nobody though this provider always names itself.
 */
export const expectedSender = (
  {
    issuer,
    authorization_response_iss_parameter_supported: named,
  }: Pick<ServerMetadata, "issuer" | "authorization_response_iss_parameter_supported">,
  iss: string | null,
): string | null => {
  if (iss === null && named === true) throw refusedCode("no issuer came back");
  if (iss !== null && !isIssuer(iss, issuer)) throw refusedCode("another issuer came back");
  return iss === null ? null : issuer;
};

const isIssuer = (iss: string, issuer: string): boolean => {
  const [before = "", behind] = issuer.split(ANY_TENANT);
  if (behind === undefined) return iss === issuer;
  const tenant = iss.slice(before.length, iss.length - behind.length);
  return /^[0-9a-f-]{36}$/i.test(tenant) && iss === before + tenant + behind;
};

/** The address the browser came back to, as openid-client reads it. Throws INVALID_TOKEN where there is no code. */
export const callbackUrl = (
  { redirectUri, state }: Pick<Visit, "redirectUri" | "state">,
  { code }: Pick<VisitCallback, "code">,
  iss: string | null,
): URL => {
  if (code === "" || code.length > MAX_CODE_LENGTH) throw refusedCode("no code came back");
  const url = new URL(redirectUri);
  url.search = new URLSearchParams({ code, state, ...(iss !== null && { iss }) }).toString();
  return url;
};

/**
 * The token endpoint compares the redirect URI letter by letter with the one it was asked with (RFC 6749, section 4.1.3).
 * openid-client would read it from the callback's address, without a query of its own and in the spelling of URLs.
 */
export const withRedirectUri =
  (fetch: CustomFetch, redirectUri: string): CustomFetch =>
  (url, request) => {
    if (request.body instanceof URLSearchParams && request.body.has("redirect_uri"))
      request.body.set("redirect_uri", redirectUri);
    return fetch(url, request);
  };
