import { readConfig } from "#app/config";
import { mailBrandOf } from "#app/mail-settings";
import { MFA_CHANGES } from "#features/login/mails/mfa-changed";
import { type Letter, type Mail, type MailBrand, MailCatalogue } from "#platform/mail/index";
import { type RenderedMail, renderMail } from "#platform/mail/render";
import type { Locale } from "#shared/locales";
import { MAILS } from "../../support/factories/mails.ts";

export const CATALOGUE = new MailCatalogue(MAILS);

/** Every mail: those of the features, and the digest of the mail engine. */
export const ALL_MAILS: readonly Mail[] = [...MAILS, CATALOGUE.digest];

/** The mails that one digest may replace. */
export const MERGED_NOTICES = MAILS.filter((mail) => mail.merged).map(({ name }) => name);

type AnyMail = (typeof MAILS)[number] | typeof CATALOGUE.digest;

/** A mail to send, by its name. */
export type MailRequest = {
  [One in AnyMail as One["name"]]: { readonly template: One["name"] } & (One extends Mail<infer Data, infer Kind>
    ? Letter<Data, Kind>
    : never);
}[AnyMail["name"]];

/** The brand of an installation that has set nothing. */
export const PLAIN_BRAND = mailBrandOf(readConfig({}));

/** The brand of an installation that has set everything; its name contains the separators of HTML and of mail headers. */
export const ACME_BRAND: MailBrand = {
  ...PLAIN_BRAND,
  product: "Acme & Söhne “ID”",
  appUrl: "https://app.example.com/?from=mail&x='y'#/",
  supportUrl: "mailto:help@example.com",
  logoUrl: "https://id.example.com/web/logo?v=1",
};

export const TO = "ann@example.com";
export const LINK = { id: "link-1" };
export const LINK_URL = `https://id.example.com/app?lang=en&x='y'#/verify-email?a=b&token=${"0AbC9z".repeat(11)}`;
export const CODE = { id: "challenge-1", number: 2 };
export const CODE_TEXT = "042917";
export const PLACE = "Kuala Lumpur, Malaysia";
export const AT = new Date("2026-03-01T09:05:00Z");
export const EXPIRES = new Date("2026-03-02T09:05:00Z");

/** Requests for each mail. */
export const sampleMails = (locale: Locale, name: string | null = "Ann Example"): MailRequest[] => {
  const common = { to: TO, locale };
  const [device, ipAddress] = ["Firefox on Windows", "203.0.113.9"];
  return [
    ...[PLACE, null].map((place) => ({
      ...common,
      template: "verify-email" as const,
      data: { at: AT, place },
      link: LINK,
    })),
    ...["Zoë Ångström", null].map((applicant) => ({
      ...common,
      template: "registration-requested" as const,
      data: { name, at: AT, email: "new@example.com", applicant },
    })),
    { ...common, template: "registration-approved", data: { at: AT, place: PLACE }, link: LINK },
    ...["Not one of ours", null].map((reason) => ({
      ...common,
      template: "registration-rejected" as const,
      data: { reason },
    })),
    { ...common, template: "already-registered", data: { name, at: AT } },
    { ...common, template: "password-reset", data: { name }, link: LINK },
    { ...common, template: "password-changed", data: { name, at: AT, endedSessions: 1234 } },
    { ...common, template: "account-locked", data: { name, at: AT, ipAddress } },
    { ...common, template: "session-compromised", data: { name, at: AT, device } },
    { ...common, template: "step-up-failed", data: { name, at: AT, device, ipAddress } },
    { ...common, template: "account-deleted", data: { name, at: AT } },
    { ...common, template: "account-deleted", data: { name, at: AT, byAdmin: true } },
    { ...common, template: "change-email-verify", data: {}, link: LINK },
    { ...common, template: "change-email-notice", data: { name, newEmail: "new@example.com" }, link: LINK },
    { ...common, template: "email-changed", data: { name, at: AT, newEmail: "new@example.com" } },
    { ...common, template: "email-change-undone", data: { at: AT } },
    { ...common, template: "factor-reset-requested", data: { name, at: AT, due: AT, byAdmin: false }, link: LINK },
    { ...common, template: "factor-reset-requested", data: { name, at: AT, due: AT, byAdmin: true }, link: LINK },
    { ...common, template: "factor-reset-approval", data: { name, at: AT, due: AT, email: "bob@example.com" } },
    { ...common, template: "factor-reset-cancelled", data: { name, at: AT, byAdmin: false } },
    { ...common, template: "factor-reset-cancelled", data: { name, at: AT, byAdmin: true } },
    { ...common, template: "changes-suspended", data: { name, at: AT, since: AT, email: TO } },
    { ...common, template: "account-secured", data: { name, at: AT, endedSessions: 2 }, link: LINK },
    { ...common, template: "operator-invitation", data: { name }, link: LINK },
    { ...common, template: "user-invitation", data: { company: "Müller & Söhne" }, link: LINK },
    { ...common, template: "membership-offered", data: { name, company: "Müller & Söhne" } },
    { ...common, template: "membership-invitation", data: { name, company: "Müller & Söhne" } },
    { ...common, template: "membership-removed", data: { name, company: "Müller & Söhne" } },
    { ...common, template: "tenant-activation", data: { at: AT, place: PLACE }, link: LINK },
    { ...common, template: "login-code", data: { name, at: AT, device, ipAddress }, code: CODE },
    { ...common, template: "address-code", data: { at: AT, provider: "Acme <ID>", device, ipAddress }, code: CODE },
    { ...common, template: "reauthentication-code", data: { name, at: AT }, code: CODE },
    ...MFA_CHANGES.map((change) => ({ ...common, template: "mfa-changed" as const, data: { name, at: AT, change } })),
    ...[true, false].map((linked) => ({
      ...common,
      template: "social-account-changed" as const,
      data: { name, at: AT, provider: "Acme <ID>", linked },
    })),
    { ...common, template: "mfa-locked", data: { name, at: AT, ipAddress } },
    { ...common, template: "backup-code-used", data: { name, at: AT, ipAddress, device, left: 9 } },
    {
      ...common,
      template: "new-login-confirmation",
      data: { name, at: AT, device, place: PLACE, ipAddress },
      link: LINK,
    },
    ...[PLACE, null].map((place) => ({
      ...common,
      template: "new-device" as const,
      data: { name, at: AT, device, place, ipAddress },
      link: LINK,
    })),
    ...[PLACE, null].map((place) => ({
      ...common,
      template: "session-claimed" as const,
      data: { name, at: AT, device, place, ipAddress },
      link: LINK,
    })),
    {
      ...common,
      template: "session-evicted",
      data: { name, at: AT, device, newDevice: "App on iPhone", ipAddress },
    },
    {
      ...common,
      template: "notice-digest",
      data: { notices: MERGED_NOTICES.map((notice, index) => ({ notice, count: index + 1, lastAt: AT })) },
    },
  ];
};

/** A sample as its reader gets it. */
export const renderSample = ({ template, locale, data }: MailRequest, brand: MailBrand = PLAIN_BRAND): RenderedMail => {
  const mail = CATALOGUE.get(template);
  const secrets = { link: { url: LINK_URL, expiresAt: EXPIRES }, code: { code: CODE_TEXT, expiresAt: EXPIRES } };
  const secret = mail.secret === null ? undefined : secrets[mail.secret];
  return renderMail(mail, { brand, locale, data: mail.data.parse(data), secret });
};
