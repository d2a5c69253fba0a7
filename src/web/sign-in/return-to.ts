/** Where a login may lead to. */
export interface Destinations {
  /** The origin of these pages. */
  readonly origin: string;
  /** Other origins of the installation. */
  readonly returnOrigins: readonly string[];
  /** The app of the installation; null if it has none. */
  readonly appUrl: string | null;
}

const HOME = "/account";

/**
 * The page to open after a login: `return_to` if it is on an origin of this installation, otherwise the app, or the account. Only
 * the parsed URL counts: `//evil.example`, `/\evil.example` and `http:evil.example` name other origins, and the origin of a
 * `blob:` URL is that of its creator.
 */
export const destinationOf = (
  returnTo: string | undefined | null,
  { origin, returnOrigins, appUrl }: Destinations,
): URL => {
  const wanted = parse(returnTo ?? "", origin);
  const isAllowed =
    Boolean(returnTo) &&
    wanted !== null &&
    /^https?:$/.test(wanted.protocol) &&
    wanted.username === "" &&
    [origin, ...returnOrigins].includes(wanted.origin) &&
    !isSignIn(wanted, origin);
  if (isAllowed) return wanted;
  const app = parse(appUrl ?? "");
  return app !== null && app.origin !== origin ? app : new URL(HOME, origin);
};

/** A login that leads to itself would never end. */
const isSignIn = ({ origin, pathname }: URL, ours: string): boolean =>
  origin === ours && (pathname === "/" || /^\/(sign-in|sign-up)(\/|$)/.test(pathname));

/** `URL.parse`, which Safari 16 does not have. */
const parse = (text: string, base?: string): URL | null => {
  try {
    return new URL(text, base);
  } catch {
    return null;
  }
};
