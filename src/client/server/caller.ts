import { RequestCookies } from "./cookies.ts";

/** The headers of a request: `Request.headers`, or what a framework returns for them. */
export interface RequestHeaders {
  get(name: string): string | null;
}

/** The user's client, for which the app's server calls the API. */
export interface Caller {
  readonly cookies: RequestCookies;
  /** The token of an `Authorization` header; null without one. */
  readonly bearer: string | null;
  /** Null if unknown: the API then sees the address of the app's server. */
  readonly address: string | null;
  readonly userAgent: string | null;
}

export const callerOf = (headers: RequestHeaders, addressOf: (headers: RequestHeaders) => string | null): Caller => ({
  cookies: new RequestCookies(headers.get("cookie")),
  bearer: /^Bearer +(\S+) *$/i.exec(headers.get("authorization") ?? "")?.[1] ?? null,
  address: addressOf(headers),
  userAgent: headers.get("user-agent"),
});

/** The address that the proxy before the app has added: the last one, because clients can send the others themselves. */
export const lastForwardedAddress = (headers: RequestHeaders): string | null =>
  headers.get("x-forwarded-for")?.split(",").at(-1)?.trim() || null;

/**
 * Whether a page of another site sent the request, or a page of another origin of the same site. Requests without these headers do
 * not come from a browser, or from one of before 2023, whose SameSite cookies stay away from other sites.
 */
export const isFromOtherOrigin = (headers: RequestHeaders): boolean => {
  const site = headers.get("sec-fetch-site");
  if (site !== null) return site !== "same-origin" && site !== "none";
  const origin = headers.get("origin");
  return (
    origin !== null && origin.replace(/^https?:\/\//, "") !== (headers.get("x-forwarded-host") ?? headers.get("host"))
  );
};
