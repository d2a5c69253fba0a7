import { AppError } from "#shared/errors";

/** The site that passkeys are bound to (Web Authentication Level 3, section 4: Relying Party). */
export interface RelyingParty {
  /** The domain that passkeys are bound to. They work on its pages and those of its subdomains. */
  readonly id: string;
  /** The pages and apps that may use them. */
  readonly origins: readonly string[] | "ANY_PORT_OF_LOCALHOST";
}

/** The operator's settings. Their defaults are derived from the public URL. */
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
 * The relying party of these settings; null if nothing is set and browsers would not create passkeys for the public URL. The faults
 * contain no values.
 */
export const readRelyingParty = ({ publicUrl, rpId, origins, production }: RelyingPartySettings): Reading => {
  const page = new URL(publicUrl);
  const host = page.hostname;
  if (rpId === undefined && origins === undefined && (isIpAddress(host) || !isSecure(page)))
    return { relyingParty: null, faults: [] };

  const id = rpId ?? host;
  const wrongId = validateRpId(id, host);
  // If the id is wrong, the origins are not checked against it as well.
  const scope = wrongId.length === 0 ? id : null;
  const faults = [...wrongId, ...(origins ?? [page.origin]).flatMap((origin) => validateOrigin(origin, scope))];
  if (faults.length > 0) return { relyingParty: null, faults };
  // For development: the page's server chooses its own port. This accepts no page of another computer.
  const anyPort = !production && origins === undefined && id === "localhost";
  return { relyingParty: { id, origins: anyPort ? "ANY_PORT_OF_LOCALHOST" : (origins ?? [page.origin]) }, faults: [] };
};

/** Whether passkeys may be used from this origin. */
export const acceptsOrigin = ({ origins }: RelyingParty, origin: string): boolean =>
  origins === "ANY_PORT_OF_LOCALHOST" ? /^http:\/\/localhost(:\d{1,5})?$/.test(origin) : origins.includes(origin);

/** @throws {AppError} BAD_REQUEST if the settings allow no passkeys */
export const requireRelyingParty = (relyingParty: RelyingParty | null): RelyingParty => {
  if (!relyingParty) throw new AppError("BAD_REQUEST", { message: "Passkeys are not available." });
  return relyingParty;
};

/** For a host in the form of URLs (WHATWG URL): IPv6 in brackets, IPv4 as four decimal numbers. */
const isIpAddress = (host: string): boolean => host.startsWith("[") || /^[\d.]+$/.test(host);

/** Browsers offer WebAuthn only on such pages (Secure Contexts). */
const isSecure = ({ protocol, hostname }: URL): boolean => protocol === "https:" || hostname === "localhost";

const isWithin = (host: string, domain: string): boolean => host === domain || host.endsWith(`.${domain}`);

/** Section 5.1.3: the domain of the page, or a registrable suffix of it. */
const validateRpId = (id: string, host: string): readonly string[] => {
  if (isIpAddress(host)) return ["PASSKEY_RP_ID: passkeys need a domain, and PUBLIC_URL has an IP address"];
  if (!isWithin(host, id)) return ["PASSKEY_RP_ID: must be the host of PUBLIC_URL or a domain above it"];
  if (id !== host && !id.includes(".")) return ["PASSKEY_RP_ID: must be a domain of your own, not a public suffix"];
  return [];
};

/** Android's Credential Manager: the SHA-256 of the certificate that signed the app, in base64url. */
const ANDROID_APP = /^android:apk-key-hash:[A-Za-z0-9_-]{43}$/;

const validateOrigin = (origin: string, scope: string | null): readonly string[] => {
  if (ANDROID_APP.test(origin)) return [];
  const page = URL.canParse(origin) ? new URL(origin) : null;
  // The URL parser accepts an asterisk as a letter. Here it would look like a wildcard, but match nothing.
  if (page === null || page.origin !== origin || origin.includes("*"))
    return [
      "PASSKEY_ORIGINS: each must be an origin as browsers write it, https://host or https://host:port, or that of an app",
    ];
  if (!isSecure(page)) return ["PASSKEY_ORIGINS: each must be https; only localhost may be http"];
  if (scope !== null && !isWithin(page.hostname, scope))
    return ["PASSKEY_ORIGINS: the host of each must be PASSKEY_RP_ID or a subdomain of it"];
  return [];
};
