import { globals } from "./globals.ts";

/** Includes the characters before and after the token, so that no part of it remains. */
const TOKEN = /(^|[?&])token=([\w-]+)(&|$)/;

/**
 * For pages opened from links in mails: returns the token in the page's address, or null, and removes it from the address bar and
 * the history. Call it once, before the router and before anything that reports the page's address.
 */
export const takeLinkToken = (): string | null => {
  const { location, history } = globals();
  if (!location || !history) return null;
  const fragment = location.hash.slice(1);
  const query = location.search.slice(1);
  // The fragment may contain a route (`#/verify?token=…`). Mails of earlier versions have the token in the query.
  const token = (TOKEN.exec(fragment) ?? TOKEN.exec(query))?.[2];
  if (token === undefined) return null;
  const rest = [
    ["?", withoutToken(query)],
    ["#", withoutToken(fragment)],
  ].map(([sign = "", text]) => (text ? sign + text : ""));
  history.replaceState(history.state, "", location.pathname + rest.join(""));
  return token;
};

const withoutToken = (text: string): string =>
  text.replace(TOKEN, (_match, before: string, _token, after: string) => (after === "&" ? before : ""));
