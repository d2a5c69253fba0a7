import { AppError } from "#shared/errors";

/** Whom passkeys are made for and used with (Web Authentication Level 3, section 4: Relying Party). */
export interface RelyingParty {
  /** The domain that passkeys are bound to: they work on its pages and on those below it. */
  readonly id: string;
  /** The pages and apps that may use them. */
  readonly origins: readonly string[] | "ANY_PORT_OF_LOCALHOST";
}

/** What the operator says of it; the rest follows from the public URL. */
export interface RelyingPartySettings {
  readonly publicUrl: string;
  readonly rpId?: string | undefined;
  readonly origins?: readonly string[] | undefined;
  readonly production: boolean;
}

type Reading =
  | { readonly relyingParty: RelyingParty | null; readonly faults: readonly [] }
  | { readonly relyingParty: null; readonly faults: readonly string[] };

/**
 * The relying party of these settings; null where nothing is set and no browser would make passkeys for the public URL. The
 * faults name no value.
 */
export const readRelyingParty = ({ publicUrl, rpId, origins, production }: RelyingPartySettings): Reading => {
  const page = new URL(publicUrl);
  const host = page.hostname;
  if (rpId === undefined && origins === undefined && (isIpAddress(host) || !isSecure(page)))
    return { relyingParty: null, faults: [] };

  const id = rpId ?? host;
  const wrongId = idFaults(id, host);
  // Where the id is wrong already, that no page fits it is no news.
  const scope = wrongId.length === 0 ? id : null;
  const faults = [...wrongId, ...(origins ?? [page.origin]).flatMap((origin) => originFaults(origin, scope))];
  if (faults.length > 0) return { relyingParty: null, faults };
  // For trying out: the page is served by a tool that chooses its port itself. Nothing of it reaches another computer.
  const anyPort = !production && origins === undefined && id === "localhost";
  return { relyingParty: { id, origins: anyPort ? "ANY_PORT_OF_LOCALHOST" : (origins ?? [page.origin]) }, faults: [] };
};

/** Whether passkeys may be used from there. */
export const acceptsOrigin = ({ origins }: RelyingParty, origin: string): boolean =>
  origins === "ANY_PORT_OF_LOCALHOST" ? /^http:\/\/localhost(:\d{1,5})?$/.test(origin) : origins.includes(origin);

/** @throws {AppError} BAD_REQUEST if the settings allow no passkeys */
export const requireRelyingParty = (relyingParty: RelyingParty | null): RelyingParty => {
  if (!relyingParty) throw new AppError("BAD_REQUEST", { message: "There are no passkeys here." });
  return relyingParty;
};

/** As the hosts of URLs are spelled (WHATWG URL): IPv6 in brackets, IPv4 in four decimal numbers. */
const isIpAddress = (host: string): boolean => host.startsWith("[") || /^[\d.]+$/.test(host);

/** Browsers have WebAuthn on such pages only (Secure Contexts). */
const isSecure = ({ protocol, hostname }: URL): boolean => protocol === "https:" || hostname === "localhost";

const isWithin = (host: string, domain: string): boolean => host === domain || host.endsWith(`.${domain}`);

/** Section 5.1.3: the domain of the page, or what of it is a registrable domain. */
const idFaults = (id: string, host: string): readonly string[] => {
  if (isIpAddress(host)) return ["PASSKEY_RP_ID: passkeys need a domain, and PUBLIC_URL has an IP address"];
  if (!isWithin(host, id)) return ["PASSKEY_RP_ID: must be the host of PUBLIC_URL or a domain above it"];
  if (id !== host && !id.includes(".")) return ["PASSKEY_RP_ID: must be a domain of yours, not one that all share"];
  return [];
};

/** Android's Credential Manager: the SHA-256 of the certificate that signed the app, in base64url. */
const ANDROID_APP = /^android:apk-key-hash:[A-Za-z0-9_-]{43}$/;

const originFaults = (origin: string, scope: string | null): readonly string[] => {
  if (ANDROID_APP.test(origin)) return [];
  const page = URL.canParse(origin) ? new URL(origin) : null;
  // A star is a letter like any other to the URL parser; here it would look like a wildcard, and match nothing.
  if (page === null || page.origin !== origin || origin.includes("*"))
    return ["PASSKEY_ORIGINS: each is an origin as browsers write it, https://host or https://host:port, or an app's"];
  if (!isSecure(page)) return ["PASSKEY_ORIGINS: each is https; only localhost may be http"];
  if (scope !== null && !isWithin(page.hostname, scope))
    return ["PASSKEY_ORIGINS: the host of each is PASSKEY_RP_ID or below it"];
  return [];
};
