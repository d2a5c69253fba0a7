import { domainToASCII, domainToUnicode } from "node:url";

const LOCAL_PART = /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]+$/i;
const ASCII_DOMAIN = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i;
/**
 * The characters of names in other scripts, and the characters that browsers treat as a dot (UTS 46, section 4); of ASCII only letters,
 * digits and hyphens.
 */
const UNICODE_DOMAIN = /^(?:[\p{L}\p{N}\p{M}\u00B7\u30FB-]|\u200C|\u200D|[.\u3002\uFF0E\uFF61])+$/u;

/**
 * Whether this is an e-mail address: the form of HTML's valid e-mail addresses, with domains in any script (UTS 46). The local
 * part must be ASCII, because servers treat other characters differently.
 */
export const hasEmailForm = (email: string): boolean => {
  const at = email.lastIndexOf("@");
  return LOCAL_PART.test(email.slice(0, Math.max(0, at))) && canonicalDomain(email.slice(at + 1)) !== null;
};

/**
 * The canonical spelling for comparing addresses: lower case, with the domain in its DNS form, so that `münchen.example` and
 * `xn--mnchen-3ya.example` are equal. Dots and +tags are kept, because at most providers they distinguish different people.
 */
export const canonicalEmail = (email: string): string => {
  const trimmed = email.trim();
  const at = trimmed.lastIndexOf("@");
  const domain = trimmed.slice(at + 1);
  return trimmed.slice(0, at + 1).toLowerCase() + (canonicalDomain(domain) ?? domain.toLowerCase());
};

/** The domain in ASCII and lower case, or null if it is not one. */
export const canonicalDomain = (domain: string): string | null => {
  if (ASCII_DOMAIN.test(domain) && !/(^|\.)xn--/i.test(domain)) return domain.toLowerCase();
  const ascii = UNICODE_DOMAIN.test(domain) ? domainToASCII(domain) : "";
  // Digits of another script must not turn into an IP address.
  if (!ASCII_DOMAIN.test(ascii) || !/[a-z]/.test(ascii)) return null;
  return domainToUnicode(ascii).split(".").some(mixesLookAlikes) ? null : ascii;
};

const LOOK_ALIKES = [/\p{Script=Latin}/u, /\p{Script=Cyrillic}/u, /\p{Script=Greek}/u, /\p{Script=Armenian}/u];

/** Whether a label mixes letters of several scripts that look alike (UTS 39): people read `ex\u0430mple` as `example`. */
const mixesLookAlikes = (label: string): boolean => LOOK_ALIKES.filter((script) => script.test(label)).length > 1;
