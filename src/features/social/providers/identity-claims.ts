import { canonicalEmail, emailFaults, hasEmailForm, nameFaults } from "#features/users/index";
import { after, SECOND } from "#shared/durations";
import { cleanName } from "#shared/names";
import { lineFaults, webAddressFaults } from "#shared/text";
import { vouchesForAddress } from "../vouched-domains.ts";
import type { ProviderIdentity } from "./provider.ts";
import { notBelieved } from "./provider-fault.ts";

/** Seconds by which a provider's clock may differ from ours. */
export const CLOCK_TOLERANCE = 120;

/** OpenID Connect Core, section 2: no subject is longer. */
const MAX_SUBJECT_LENGTH = 255;

/** What of an ID token openid-client leaves to its user; its signature, issuer, audience, nonce and expiry are proved. */
export interface ProvedClaims {
  readonly iss: string;
  readonly sub: string;
  readonly iat: number;
  readonly azp?: unknown;
}

/** What an ID token or the UserInfo endpoint says of the person. */
export interface ProfileClaims {
  readonly email?: unknown;
  readonly email_verified?: unknown;
  readonly xms_edov?: unknown;
  readonly name?: unknown;
  /** Google: the domain of the organization that the account belongs to. */
  readonly hd?: unknown;
}

/** How the claims of a provider are read. */
export interface ClaimReading {
  readonly isVerified: Verification;
  /** ProviderSettings.vouchesFor. */
  readonly vouchesFor: readonly string[];
}

/** Throws UPSTREAM_FAILED where an ID token was made in the future, for another client, or for nobody (Core, 3.1.3.7). */
export const checkClaims = ({ sub, iat, azp }: ProvedClaims, clientId: string, now: Date): void => {
  if (iat * SECOND > after(now, CLOCK_TOLERANCE * SECOND).getTime()) throw notBelieved("issued in the future");
  // openid-client looks at it only where there are several audiences.
  if (azp !== undefined && azp !== clientId) throw notBelieved("authorized for another party");
  if (!isSubject(sub)) throw notBelieved("no subject");
};

/** Whether a subject may be kept as the name of a person. */
export const isSubject = (subject: string): boolean =>
  subject !== "" && lineFaults(subject, MAX_SUBJECT_LENGTH, "sub").length === 0;

/** What is taken over of a profile. A text that we would not take from its owner counts as not said. */
export const readProfile = (
  { email, name, hd, ...claims }: ProfileClaims,
  { isVerified, vouchesFor }: ClaimReading,
): Pick<ProviderIdentity, "email" | "emailVerified" | "emailVouched" | "name"> => {
  const address = readEmail(email);
  const emailVerified = address !== null && isVerified(claims);
  const emailVouched = emailVerified && vouchesForAddress(vouchesFor, address, hd);
  return { email: address, emailVerified, emailVouched, name: readName(name) };
};

const readEmail = (email: unknown): string | null =>
  typeof email === "string" && hasEmailForm(email) && emailFaults(email, "email").length === 0 ? email : null;

const readName = (name: unknown): string | null => {
  const text = typeof name === "string" ? cleanName(name) : "";
  // It stands in mails that go out under our name.
  return text !== "" && [...nameFaults(text, "name"), ...webAddressFaults(text, "name")].length === 0 ? text : null;
};

/** Whether an ID token leaves open what the UserInfo endpoint may tell: the address, or whether it is verified. */
export const isIncomplete = ({ email, email_verified }: ProfileClaims, isVerified: Verification): boolean =>
  email === undefined || (email_verified === undefined && isVerified === byStandard);

/**
 * The claims of an ID token with those that are missing, from the UserInfo endpoint's answer about the same subject. A
 * confirmation of one address says nothing of another.
 */
export const withUserInfo = (token: ProfileClaims, said: ProfileClaims): ProfileClaims => {
  const name = token.name ?? said.name;
  if (token.email === undefined) return { email: said.email, email_verified: said.email_verified, name };
  const isSame = said.email === undefined || isSameAddress(said.email, token.email);
  return { ...token, name, email_verified: isSame ? said.email_verified : undefined };
};

const isSameAddress = (one: unknown, other: unknown): boolean =>
  typeof one === "string" && typeof other === "string" && canonicalEmail(one) === canonicalEmail(other);

/** Whether a provider says that it has verified the address it names. */
export type Verification = (claims: Pick<ProfileClaims, "email_verified" | "xms_edov">) => boolean;

/** OpenID Connect Core, section 5.1. Several providers write the boolean as a text. */
const byStandard: Verification = ({ email_verified }) => email_verified === true || email_verified === "true";

/**
 * At Microsoft the admins of any company set any `email` for their people ("nOAuth"); only if xms_edov says so, the company
 * owns the domain, or the account is a personal one whose address was verified. So it verifies an address, and vouches for no
 * domain by itself. Microsoft writes it as a boolean, and as a text with 1 in it.
 */
const byDomainOwner: Verification = ({ xms_edov }) => [true, 1, "1", "true"].some((yes) => yes === xms_edov);

const MICROSOFT_HOSTS =
  /(^|\.)(microsoftonline\.(com|us|de)|partner\.microsoftonline\.cn|chinacloudapi\.cn|windows\.net)$/;

/** How this issuer verifies addresses: Microsoft's way also if the settings name it without its preset. */
export const verificationOf = (issuer: string): Verification =>
  MICROSOFT_HOSTS.test(new URL(issuer).hostname) ? byDomainOwner : byStandard;
