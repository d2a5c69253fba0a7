import type { Globals } from "./globals.ts";

/**
 * Warns a page that its cookies will not reach the API: they are SameSite=Strict, and `localhost` and `127.0.0.1` are two sites.
 * Without the warning, developers would notice only when the first access token expires and the user is signed out.
 */
export const warnOfOtherSite = (url: string, { location, console }: Pick<Globals, "location" | "console">): void => {
  const page = location?.hostname;
  const api = page === undefined ? undefined : hostOf(url);
  if (page === undefined || api === undefined || siteOf(page) === siteOf(api)) return;
  console?.warn(
    `portcullis: cookies of ${api} are not sent from pages of ${page}, so users do not stay signed in. ` +
      `Serve the page and the API from one site${isLocal(page) && isLocal(api) ? `, both as ${page}` : ""}, or use transport "BODY".`,
  );
};

/** The host of an absolute URL; undefined for a relative one, which has the page's host. */
const hostOf = (url: string): string | undefined => /^https?:\/\/(?:[^@/]*@)?(\[[^\]]*\]|[^:/?#]+)/i.exec(url)?.[1];

/** The registrable domain, approximately: two hosts that differ in it are always two sites. */
const siteOf = (host: string): string => (isAddress(host) ? host : host.toLowerCase().split(".").slice(-2).join("."));

const isAddress = (host: string): boolean => /^\[|^[\d.]+$/.test(host);

const isLocal = (host: string): boolean => host === "localhost" || /^127\.|^\[::1\]$/.test(host);
