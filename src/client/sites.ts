import type { Globals } from "./globals.ts";

/**
 * Warns a page that its cookies will not reach the API: they are SameSite=Strict, and `localhost` and `127.0.0.1` are two sites.
 * Without the warning the user would be signed out when the first access token expires.
 */
export const warnOfOtherSite = (url: string, { location, console }: Pick<Globals, "location" | "console">): void => {
  const page = location?.hostname;
  const api = page === undefined ? undefined : hostOf(url);
  if (page === undefined || api === undefined || siteOf(page) === siteOf(api)) return;
  console?.warn(
    `portcullis: cookies of ${api} are not sent from pages of ${page}, so nobody stays signed in. ` +
      `Open the page and the API under one site${isLocal(page) && isLocal(api) ? `, both as ${page}` : ""}, or use transport "BODY".`,
  );
};

/** The host of an absolute URL; undefined for a relative one, which is the page's own. */
const hostOf = (url: string): string | undefined => /^https?:\/\/(?:[^@/]*@)?(\[[^\]]*\]|[^:/?#]+)/i.exec(url)?.[1];

/** The registrable domain, or nearly: two hosts that differ in it are two sites for certain. */
const siteOf = (host: string): string => (isAddress(host) ? host : host.toLowerCase().split(".").slice(-2).join("."));

const isAddress = (host: string): boolean => /^\[|^[\d.]+$/.test(host);

const isLocal = (host: string): boolean => host === "localhost" || /^127\.|^\[::1\]$/.test(host);
