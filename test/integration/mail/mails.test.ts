import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MAIL_NAMES, MAILS, MailTemplates } from "#platform/mail/index";
import { LOCALES } from "#shared/locales";
import { linkIn, readersOf, startSmtpServer, type TestSmtpServer } from "../../support/smtp.ts";
import { jobFor, mailerTo } from "./delivery.ts";
import { AT, CODE_TEXT, LINK_URL, sampleMails, TO } from "./samples.ts";

const UNKNOWN = { en: "unknown", de: "unbekannt" };

let smtp: TestSmtpServer;
let mailer: ReturnType<typeof mailerTo>;

beforeAll(async () => {
  smtp = await startSmtpServer();
  mailer = mailerTo(smtp.url);
});
afterAll(async () => {
  mailer.close();
  await smtp.stop();
});

const delivered = async (request: Parameters<typeof jobFor>[0]) => {
  await mailer.deliver(await jobFor(request));
  return smtp.waitForMail({ to: request.to });
};

const unescaped = (html: string): string =>
  html.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code))).replaceAll("&amp;", "&");

describe.each(LOCALES)("the mails in %s", (locale) => {
  it("have a sample of each in this test", () => {
    expect([...new Set(sampleMails(locale).map(({ template }) => template))]).toEqual(MAIL_NAMES);
  });

  it.each(sampleMails(locale))("arrive readable as text and as HTML: $template", async (request) => {
    const mail = await delivered(request);
    const { text = "", html } = mail;
    if (html === false) throw new Error("no HTML part");

    expect(mail.subject).toMatch(/^\S.{10,70}$/);
    expect(mail.subject).not.toContain("{{");
    expect(readersOf(mail)).toEqual([TO]);
    expect(mail.from?.text).toBe('"Portcullis" <no-reply@id.example.com>');
    expect(mail.headers.get("auto-submitted")).toBe("auto-generated");
    expect(html).toContain(`<html lang="${locale}">`);
    for (const part of [text, html]) {
      expect(part).not.toMatch(/\{\{|\}\}|undefined|\[object|null|Invalid Date/);
      expect(part).toContain("Portcullis");
      if ("name" in request.data) expect(part).toContain("Ann Example");
      if ("ipAddress" in request.data) expect(part).toContain("203.0.113.9");
      if ("device" in request.data) expect(part).toContain("Firefox on Windows");
      if ("newDevice" in request.data) expect(part).toContain("App on iPhone");
      if ("place" in request.data) {
        const label = locale === "en" ? "Approximate place" : "Ungefährer Ort";
        expect(part).toContain(`${label}: ${request.data.place ?? UNKNOWN[locale]}`);
      }
      if ("left" in request.data) expect(part).toMatch(/Backup.*: 9\./);
      if ("change" in request.data) expect(part).not.toContain(request.data.change);
      if (MAILS[request.template].secret === "code") expect(part).toContain(CODE_TEXT);
      if ("email" in request.data) expect(part).toContain(request.data.email);
      if ("applicant" in request.data && request.data.applicant) expect(part).toContain(request.data.applicant);
      if ("reason" in request.data && request.data.reason) expect(part).toContain(request.data.reason);
      if ("newEmail" in request.data) expect(part).toContain("new@example.com");
      if ("at" in request.data)
        expect(part).toContain(locale === "en" ? "1 March 2026 at 09:05 UTC" : "1. März 2026 um 09:05 UTC");
      if (MAILS[request.template].secret) {
        expect(part).toContain(locale === "en" ? "2 March 2026 at 09:05 UTC" : "2. März 2026 um 09:05 UTC");
      }
    }
    if (MAILS[request.template].secret === "link") {
      expect(linkIn(mail)).toBe(LINK_URL);
      expect([...html.matchAll(/href="([^"]*)"/g)].map(([, href = ""]) => unescaped(href))).toEqual([
        LINK_URL,
        LINK_URL,
      ]);
    } else {
      expect(html).not.toContain("href=");
    }
  });

  it("have the code in the subject, where a reader sees it first", async () => {
    const codes = sampleMails(locale).filter(({ template }) => MAILS[template].secret === "code");

    for (const request of codes) expect((await delivered(request)).subject).toContain(CODE_TEXT);
    expect(codes).toHaveLength(3);
  });

  it("say what changed in the reader's words", async () => {
    const changed = sampleMails(locale).filter(({ template }) => template === "mfa-changed");
    const said = await Promise.all(changed.map(async (request) => (await delivered(request)).text));

    expect(new Set(said).size).toBe(changed.length);
    expect(said[0]).toContain(
      locale === "en"
        ? "was changed: an authenticator app was added."
        : "geändert: Eine Authenticator-App wurde hinzugefügt.",
    );
  });

  it("greet without a name where there is none", async () => {
    const mail = await delivered({
      template: "password-reset",
      to: TO,
      locale,
      data: { name: null },
      link: { id: "1" },
    });

    expect(mail.text).toMatch(locale === "en" ? /^Hello,\n/ : /^Guten Tag,\n/);
  });

  it("write numbers as the language does", async () => {
    const mail = await delivered({
      template: "password-changed",
      to: TO,
      locale,
      data: { name: null, at: AT, endedSessions: 1234 },
    });

    expect(mail.text).toContain(locale === "en" ? ": 1,234." : ": 1.234.");
  });
});

// With a zero-width space wherever a mail program would make a link of it (`unlinkable`).
describe("what a stranger types", () => {
  const named = (name: string) =>
    delivered({ template: "account-deleted", to: TO, locale: "en", data: { name, at: AT } });

  it("is escaped in HTML", async () => {
    const mail = await named(`<script>alert(1)</script><a href="https://evil.example">"&'`);

    expect(mail.html).not.toMatch(/<script|<a /);
    expect(mail.html).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(mail.text).toContain(`Hello <script>alert(1)</script><a href="https:\u200B//evil.\u200Bexample">"&',`);
  });

  it("makes no header and no line of its own", async () => {
    const mail = await named("Ann\r\nBcc: victim@example.com\r\n\r\nForged line\u2028another\u0000");

    expect(mail.headers.has("bcc")).toBe(false);
    expect(mail.text).toContain("Hello Ann Bcc: victim@\u200Bexample.\u200Bcom Forged line another,\n");
  });

  it("cannot turn the reading direction round, nor run on for a page", async () => {
    const mail = await named(`\u202Egnp.exe${"🦊".repeat(5_000)}`);

    expect(mail.text).not.toContain("\u202E");
    expect(mail.text).toMatch(/Hello gnp\.\u200Bexe🦊{490,495}…,/u);
  });

  it("is data, not a template", async () => {
    const mail = await named("{{product}} {{> button}}");

    expect(mail.text).toContain("Hello {{product}} {{> button}},");
  });
});

describe("the template files", () => {
  const original = fileURLToPath(new URL("../../../src/platform/mail/templates", import.meta.url));
  const withFile = (file: string, content: string | null): (() => MailTemplates) => {
    const directory = mkdtempSync(join(tmpdir(), "templates-"));
    cpSync(original, directory, { recursive: true });
    if (content === null) rmSync(join(directory, file));
    else writeFileSync(join(directory, file), content);
    return () => {
      try {
        return MailTemplates.load({ product: "Portcullis", directory });
      } finally {
        rmSync(directory, { recursive: true });
      }
    };
  };

  it.each([
    ["a file that is missing", "de/password-reset.html", null, /de\/password-reset\.html/],
    ["a layout that is missing", "de/layout.json", null, /de\/layout\.json/],
    [
      "no subject",
      "en/password-reset.txt",
      "Hello {{link}} {{expires}}",
      /en\/password-reset: the text begins with "Subject/,
    ],
    [
      "an unknown placeholder",
      "en/account-deleted.html",
      "{{at}} {{#if no}}{{nope}}{{/if}}",
      /en\/account-deleted: the HTML has an unknown placeholder: no, nope/,
    ],
    [
      "an unknown placeholder in the layout",
      "layout.html",
      "{{nope}}",
      /en: the layout has an unknown placeholder: nope/,
    ],
    ["a layout that does not parse", "button.html", "{{#if href}}", /en: Parse error/],
    [
      "a change that has no words",
      "de/terms.json",
      '{ "change": { "TOTP_ENABLED": "Eine App" } }',
      /de: .*BACKUP_CODES_RENEWED/s,
    ],
    ["no words for what is not known", "en/terms.json", '{ "change": {}, "unknownPlace": "" }', /en: .*unknownPlace/s],
    [
      "a code that is not said",
      "en/login-code.html",
      "<p>{{at}} {{device}} {{ipAddress}} {{expires}}</p>",
      /en\/login-code: the HTML does not say: code/,
    ],
    ["a word of the layout that is missing", "de/layout.json", '{ "hello": "Hallo" }', /de: .*footer/s],
    [
      "a fact that is not said",
      "de/account-deleted.html",
      "<p>gone</p>",
      /de\/account-deleted: the HTML does not say: at/,
    ],
    ["a syntax error", "de/account-deleted.html", "{{#if at}}", /de\/account-deleted: Parse error/],
  ])("are refused at start with %s", (_fault, file, content, message) => {
    expect(withFile(file, content)).toThrow(message);
  });

  it.each(LOCALES)("hold nothing that belongs to no mail, in %s", (locale) => {
    const expected = [...MAIL_NAMES.flatMap((name) => [`${name}.html`, `${name}.txt`]), "layout.json", "terms.json"];

    expect(readdirSync(join(original, locale)).sort()).toEqual(expected.sort());
  });
});
