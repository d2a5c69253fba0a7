/**
 * The Content-Security-Policy of the hosted pages (CSP Level 3): scripts, fonts and images of this server only, no inline script,
 * and no way to turn text into script (Trusted Types without any policy). Style elements need the nonce of their response; style
 * attributes are forbidden, but scripts may set properties of `style`.
 */
export const policyOf = (nonce: string, publicUrl: string): string =>
  Object.entries({
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": `'self' 'nonce-${nonce}'`,
    // QR codes are data: URLs.
    "img-src": "'self' data:",
    "font-src": "'self'",
    // Not every browser counts the sockets of the page's own origin as 'self'.
    "connect-src": `'self' ${socketOriginOf(publicUrl)}`,
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
  })
    .map(([directive, value]) => `${directive} ${value}`)
    .join("; ");

const socketOriginOf = (publicUrl: string): string => new URL(publicUrl).origin.replace(/^http/, "ws");

/** For a logo that is opened as a document: an SVG may contain scripts, which must not run with the origin of this server. */
export const LOGO_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";

/** The powerful features that the pages use. */
const USED_FEATURES = ["clipboard-write", "publickey-credentials-create", "publickey-credentials-get"];

/** The others that browsers allow by default, or on request. */
const UNUSED_FEATURES = [
  "accelerometer",
  "autoplay",
  "camera",
  "clipboard-read",
  "display-capture",
  "encrypted-media",
  "fullscreen",
  "geolocation",
  "gyroscope",
  "hid",
  "identity-credentials-get",
  "idle-detection",
  "local-fonts",
  "magnetometer",
  "microphone",
  "midi",
  "otp-credentials",
  "payment",
  "picture-in-picture",
  "screen-wake-lock",
  "serial",
  "storage-access",
  "sync-xhr",
  "usb",
  "window-management",
  "xr-spatial-tracking",
];

/** The Permissions-Policy of the hosted pages. */
export const FEATURES_POLICY = [
  ...USED_FEATURES.map((feature) => `${feature}=(self)`),
  ...UNUSED_FEATURES.map((feature) => `${feature}=()`),
].join(", ");
