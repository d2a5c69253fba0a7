import { canonicalDomain, canonicalEmail } from "#shared/emails";

/** The provider vouches for every address. */
export const ANY_DOMAIN = "*";

/** Google only: the provider vouches for the domain in the claim `hd` of the same ID token. */
export const HOSTED_DOMAIN = "hd";

/**
 * Reads one entry of `vouchesFor`.
 * @returns the canonical domain, `*` unchanged, or null if it is neither
 */
export const readVouchedDomain = (written: string): string | null =>
  written === ANY_DOMAIN ? ANY_DOMAIN : canonicalDomain(written);

/**
 * Whether a provider with this setting vouches for an address that it has verified. A domain does not include its subdomains,
 * because their mailboxes may belong to others.
 */
export const vouchesForAddress = (vouchesFor: readonly string[], email: string, hostedDomain: unknown): boolean => {
  if (vouchesFor.includes(ANY_DOMAIN)) return true;
  const domain = domainOf(email);
  // The word stands for the claim, not for a domain of this name.
  if (domain !== HOSTED_DOMAIN && vouchesFor.includes(domain)) return true;
  return (
    vouchesFor.includes(HOSTED_DOMAIN) && typeof hostedDomain === "string" && canonicalDomain(hostedDomain) === domain
  );
};

const domainOf = (email: string): string => {
  const canonical = canonicalEmail(email);
  return canonical.slice(canonical.lastIndexOf("@") + 1);
};
