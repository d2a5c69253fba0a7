import { canonicalEmail, hasEmailForm, validateEmail, validateName } from "#features/users/index";
import { after, SECOND } from "#shared/durations";
import { cleanName } from "#shared/names";
import { forbidWebAddress, validateLine } from "#shared/text";
import { vouchesForAddress } from "../vouched-domains.ts";
import type { ProviderIdentity } from "./provider.ts";
import { invalidProviderResponse } from "./provider-error.ts";

/** Tolerated clock difference between a provider and the server, in seconds. */
export const CLOCK_TOLERANCE_SECONDS = 120;

/** OpenID Connect Core, section 2: the maximum length of a subject. */
const MAX_SUBJECT_LENGTH = 255;

/** Claims of an ID token whose signature, issuer, audience, nonce and expiry openid-client has verified; `checkClaims` verifies the rest. */
export interface VerifiedClaims {
  readonly iss: string;
  readonly sub: string;
  readonly iat: number;
  readonly azp?: unknown;
}

/** The person's claims in an ID token or a UserInfo response. */
export interface ProfileClaims {
  readonly email?: unknown;
  readonly email_verified?: unknown;
  readonly xms_edov?: unknown;
  readonly name?: unknown;
  /** Google: the domain of the organization that owns the account. */
  readonly hd?: unknown;
}

/** How to interpret a provider's claims. */
export interface ClaimReading {
  readonly isVerified: Verification;
  /** ProviderSettings.vouchesFor. */
  readonly vouchesFor: readonly string[];
}

/** @throws {AppError} UPSTREAM_FAILED if the ID token is from the future, for another client, or without a subject (Core, 3.1.3.7) */
export const checkClaims = ({ sub, iat, azp }: VerifiedClaims, clientId: string, now: Date): void => {
  if (iat * SECOND > after(now, CLOCK_TOLERANCE_SECONDS * SECOND).getTime())
    throw invalidProviderResponse("issued in the future");
  // openid-client checks it only if there are several audiences.
  if (azp !== undefined && azp !== clientId) throw invalidProviderResponse("authorized for another party");
  if (!isSubject(sub)) throw invalidProviderResponse("no subject");
};

/** Whether a subject may be stored as a person's identifier. */
export const isSubject = (subject: string): boolean =>
  subject !== "" && validateLine(subject, MAX_SUBJECT_LENGTH, "sub").length === 0;

/** Returns the accepted parts of a profile. A text that would be rejected as user input is treated as absent. */
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
  typeof email === "string" && hasEmailForm(email) && validateEmail(email, "email").length === 0 ? email : null;

const readName = (name: unknown): string | null => {
  const text = typeof name === "string" ? cleanName(name) : "";
  // The name appears in mails sent by this installation.
  return text !== "" && [...validateName(text, "name"), ...forbidWebAddress(text, "name")].length === 0 ? text : null;
};

/** Whether an ID token lacks what the UserInfo endpoint may return: the address, or whether it is verified. */
export const isIncomplete = ({ email, email_verified }: ProfileClaims, isVerified: Verification): boolean =>
  email === undefined || (email_verified === undefined && isVerified === byStandard);

/**
 * Completes the claims of an ID token with the missing ones from the UserInfo response about the same subject. The verification of
 * one address does not apply to another.
 */
export const withUserInfo = (token: ProfileClaims, said: ProfileClaims): ProfileClaims => {
  const name = token.name ?? said.name;
  if (token.email === undefined) return { email: said.email, email_verified: said.email_verified, name };
  const isSame = said.email === undefined || isSameAddress(said.email, token.email);
  return { ...token, name, email_verified: isSame ? said.email_verified : undefined };
};

const isSameAddress = (one: unknown, other: unknown): boolean =>
  typeof one === "string" && typeof other === "string" && canonicalEmail(one) === canonicalEmail(other);

/** Whether a provider states that it has verified the address. */
export type Verification = (claims: Pick<ProfileClaims, "email_verified" | "xms_edov">) => boolean;

/** OpenID Connect Core, section 5.1. Several providers send the boolean as a string. */
const byStandard: Verification = ({ email_verified }) => email_verified === true || email_verified === "true";

/**
 * At Microsoft, the admins of any company can set any `email` for their people ("nOAuth"). Only xms_edov means that the company
 * owns the domain, or that the address of a personal account was verified. The claim verifies an address, but vouches for no
 * domain. Microsoft sends it as a boolean, or as the string "1".
 */
const byDomainOwner: Verification = ({ xms_edov }) => [true, 1, "1", "true"].some((yes) => yes === xms_edov);

const MICROSOFT_HOSTS =
  /(^|\.)(microsoftonline\.(com|us|de)|partner\.microsoftonline\.cn|chinacloudapi\.cn|windows\.net)$/;

/** How this issuer verifies addresses. Microsoft's rule also applies if the settings name the issuer without the preset. */
export const verificationOf = (issuer: string): Verification =>
  MICROSOFT_HOSTS.test(new URL(issuer).hostname) ? byDomainOwner : byStandard;
