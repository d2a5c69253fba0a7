import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { readConfig } from "#app/config";
import { mailBrandOf, mailTemplatesOf } from "#app/mail-settings";
import { MailCatalogue } from "#platform/mail/index";
import { renderMail } from "#platform/mail/render";
import type { Locale } from "#shared/locales";
import { MAILS } from "../../support/factories/mails.ts";
import { ACME_BRAND, AT, CODE_TEXT, EXPIRES, LINK_URL } from "./samples.ts";

/** A folder with these files. */
const folderWith = (files: Readonly<Record<string, string>>): string => {
  const folder = mkdtempSync(join(inject("runDirectory"), "mails-"));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
};

const catalogueWith = (files: Readonly<Record<string, string>>): MailCatalogue => {
  const config = readConfig({ MAIL_TEMPLATES_DIR: folderWith(files) });
  return new MailCatalogue(MAILS, (mails) => mailTemplatesOf(config, mails));
};

const faultsOf = (files: Readonly<Record<string, string>>): string[] => {
  try {
    catalogueWith(files);
    return [];
  } catch (error) {
    return String((error as Error).message)
      .split("\n")
      .slice(1)
      .map((line) => line.trim());
  }
};

const render = (catalogue: MailCatalogue, name: string, locale: Locale, data: object) => {
  const mail = catalogue.get(name);
  const secrets = { link: { url: LINK_URL, expiresAt: EXPIRES }, code: { code: CODE_TEXT, expiresAt: EXPIRES } };
  const secret = mail.secret === null ? undefined : secrets[mail.secret];
  return renderMail(mail, { brand: ACME_BRAND, locale, data: mail.data.parse(data), secret });
};

const RESET = `Subject: A new password for {{product}}

You asked for a new password,
or another person did.

[Choose a password]({{link}})

- It works once.
- It works until {{expires}}.

[Or ask us]({{support}})
`;

describe("the operator's text of a mail", () => {
  it("replaces ours in its language, as text and as HTML", () => {
    const catalogue = catalogueWith({ "en/password-reset.txt": RESET });
    const { subject, text, html } = render(catalogue, "password-reset", "en", { name: "Ann" });

    expect(subject).toBe("A new password for Acme & Söhne “ID”");
    expect(text).toContain(
      `Hello Ann,\n\nYou asked for a new password,\nor another person did.\n\nChoose a password:\n${LINK_URL}\n\n- It works once.\n- It works until 2 March 2026 at 09:05 UTC.\n\nOr ask us:\nhelp@example.com\n\n-- \n`,
    );
    expect(html).toContain("You asked for a new password,<br>or another person did.");
    expect(html).toContain("It works once.</li>");
    expect(html).toContain(">Choose a password</a>");
    expect(render(catalogue, "password-reset", "de", { name: "Ann" }).subject).toBe("Neues Passwort wählen");
  });

  it("has conditions, forms of numbers, choices and lists", () => {
    const catalogue = catalogueWith({
      "de/registration-rejected.txt":
        "Subject: Abgelehnt\n\n{{#if reason}}Grund: {{reason}}{{else}}Ohne Grund.{{/if}}\n",
      "ar/backup-code-used.txt":
        'Subject: رمز\n\n{{plural left zero="لا شيء" one="واحد" two="اثنان" few="# رموز" many="# رمزًا" other="# رمز"}}\n',
      "en/mfa-changed.txt": `Subject: Changed\n\nNow: {{select change ${["TOTP_ENABLED", "TOTP_REPLACED", "TOTP_DISABLED", "PASSKEY_ADDED", "PASSKEY_REMOVED", "BACKUP_CODES_RENEWED", "FACTORS_RESET"].map((change) => `${change}="${change.toLowerCase()}"`).join(" ")}}}\n`,
      "en/notice-digest.txt":
        'Subject: Notices\n\n{{#each notices}}\n- {{notice}}: {{plural count one="once" other="# times"}}\n{{/each}}\n',
    });
    const codes = { name: null, at: AT, ipAddress: "203.0.113.9", device: null, left: 11 };
    expect(render(catalogue, "registration-rejected", "de", { reason: null }).text).toContain("\n\nOhne Grund.\n\n");
    expect(render(catalogue, "registration-rejected", "de", { reason: "Nein" }).text).toContain("\n\nGrund: Nein\n\n");
    expect(render(catalogue, "backup-code-used", "ar", codes).text).toContain("\n\n11 رمزًا\n\n");
    expect(render(catalogue, "mfa-changed", "en", { name: null, at: AT, change: "PASSKEY_ADDED" }).text).toContain(
      "Now: passkey_added\n",
    );
    const notices = [
      { notice: "account-locked", count: 1, lastAt: AT },
      { notice: "mfa-locked", count: 3, lastAt: AT },
    ];
    expect(render(catalogue, "notice-digest", "en", { notices }).text).toContain(
      "\n\n- too many failed logins: once\n- too many wrong codes after a right password: someone knows your password: 3 times\n\n",
    );
  });

  it("contains values as text only: they add no markup, link, list or paragraph", () => {
    const catalogue = catalogueWith({
      "en/registration-rejected.txt": "Subject: Rejected: {{reason}}\n\n{{reason}}\n",
    });
    const reason = "[Click]({{link}})\r\n\r\n- <b>{{product}}</b>\r\nBcc: victim@example.com";
    const { subject, text, html } = render(catalogue, "registration-rejected", "en", { reason });

    expect(subject).not.toMatch(/[\r\n]/);
    expect(text).toContain("\n\n[Click]({{link}}) - <b>{{product}}</b> Bcc: victim@\u200Bexample.\u200Bcom\n\n-- ");
    expect(html).toContain("&lt;b&gt;");
    expect(html).not.toMatch(/<b>|<li|class="button"/);
  });
});

describe("a text with a fault prevents the start, with its file and line", () => {
  const SECRET = "this mail needs [text]({{link}}) exactly once";
  it.each([
    ["en/password-reset.txt", "Hello\n\nText.\n", "en/password-reset.txt:1: the first line must be “Subject: …”"],
    ["en/password-reset.txt", "Subject: Hi\n\nNo link.\n", `en/password-reset.txt:3: ${SECRET}`],
    [
      "en/password-reset.txt",
      "Subject: Hi\n\n{{#if product}}\n[Go]({{link}})\n{{/if}}\n",
      "{{link}} is only allowed in a button",
    ],
    [
      "en/password-reset.txt",
      "Subject: Hi\n\n[Go]({{link}})\n\n[Go]({{link}})\n",
      `en/password-reset.txt:5: ${SECRET}`,
    ],
    ["en/password-reset.txt", "Subject: Hi\n\n[Go](https://evil.example)\n", `en/password-reset.txt:3: ${SECRET}`],
    ["en/login-code.txt", "Subject: Hi\n\nYour code is {{code}}.\n", "en/login-code.txt:3: {{code}} is not a variable"],
    [
      "en/login-code.txt",
      "Subject: {{code}}\n\nYour code.\n",
      "en/login-code.txt:3: this mail needs {{code}} exactly once",
    ],
    [
      "en/account-deleted.txt",
      "Subject: Hi\n\nOn {{at}}\nby {{whom}}.\n",
      "en/account-deleted.txt:4: {{whom}} is not a variable of this mail; they are: product, at, byAdmin",
    ],
    [
      "en/account-deleted.txt",
      "Subject: Hi {{name}}\n\nGone.\n",
      "en/account-deleted.txt:1: {{name}} is not a variable",
    ],
    ["en/account-deleted.txt", "Subject: Hi\n\n{{{product}}}\n", "en/account-deleted.txt:3: write two braces"],
    ["en/account-deleted.txt", "Subject: Hi\n\n{{&product}}\n", "en/account-deleted.txt:3: write two braces"],
    ["en/account-deleted.txt", "Subject: Hi\n\n{{> layout}}\n", "en/account-deleted.txt:3: only variables"],
    [
      "en/account-deleted.txt",
      "Subject: Hi\n\n{{lookup this at}}\n",
      "en/account-deleted.txt:3: {{lookup}} is not a variable",
    ],
    [
      "en/account-deleted.txt",
      "Subject: Hi\n\n{{at.constructor}}\n",
      "en/account-deleted.txt:3: {{at.constructor}} is not a variable",
    ],
    [
      "en/account-deleted.txt",
      "Subject: Hi\n\n{{#with at}}x{{/with}}\n",
      "en/account-deleted.txt:3: {{#with}} is unknown",
    ],
    [
      "en/account-deleted.txt",
      "Subject: Hi\n\nText.\n\n{{#if byAdmin}}\nText\n\n{{/if}}\n",
      "en/account-deleted.txt:6: the tags cannot be read",
    ],
    ["en/account-deleted.txt", "Subject: Hi\n\n{{at\n", "en/account-deleted.txt:3: the tags cannot be read"],
    ["en/account-deleted.txt", "Subject: Hi\n\n[Go]({{link}})\n", "en/account-deleted.txt:3: this mail has no link"],
    [
      "en/account-deleted.txt",
      "Subject: Hi\n\n{{byAdmin}}\n",
      "en/account-deleted.txt:3: {{byAdmin}} is not a text: use {{#if byAdmin}}",
    ],
    [
      "ar/backup-code-used.txt",
      'Subject: Hi\n\n{{plural left one="x" other="y"}}\n',
      "ar/backup-code-used.txt:3: {{plural …}} lacks",
    ],
    [
      "en/mfa-changed.txt",
      'Subject: Hi\n\n{{select change TOTP_ENABLED="x"}}\n',
      'en/mfa-changed.txt:3: {{select …}} lacks TOTP_REPLACED="…"',
    ],
    ["en/password-rest.txt", RESET, "en/password-rest.txt: there is no mail of this name"],
    ["fr/password-reset.txt", RESET, "fr: there is no such language; there are: en, de, ar"],
    ["password-reset.txt", RESET, "password-reset.txt: texts are in one folder for each language"],
  ])("%s: %j", (path, content, words) => {
    const faults = faultsOf({ [path]: content });
    expect(faults.length).toBeGreaterThan(0);
    expect(faults.every((fault) => fault.startsWith("MAIL_TEMPLATES_DIR: "))).toBe(true);
    expect(faults.join("\n")).toContain(words);
  });

  it("reports the faults of all files together, and a folder that cannot be read", () => {
    expect(faultsOf({ "en/account-deleted.txt": "", "de/account-deleted.txt": "Subject: x\n\n{{y}}\n" })).toHaveLength(
      2,
    );
    const config = readConfig({ MAIL_TEMPLATES_DIR: "/nowhere/mails" });
    expect(() => mailTemplatesOf(config, [])).toThrow("MAIL_TEMPLATES_DIR: .: the folder cannot be read");
  });
});

describe("the operator's layout", () => {
  const LAYOUT = `<!doctype html>
<html lang="{{locale}}" dir="{{direction}}"><head><title>{{subject}}</title></head>
<body style="background:{{colors.light.button}}">{{#if appUrl}}<a href="{{appUrl}}">{{> name}}</a>{{/if}}
{{> content}}
{{words.footer}}</body></html>
`;

  const brandWith = (layout: string) =>
    mailBrandOf(
      readConfig({
        PRODUCT_NAME: "<Acme>",
        APP_URL: "https://app.example.com/?a='",
        MAIL_TEMPLATES_DIR: folderWith({ "layout.html": layout }),
      }),
    );

  it("surrounds the content of every mail", () => {
    const mail = new MailCatalogue(MAILS).get("password-reset");
    const secret = { url: LINK_URL, expiresAt: EXPIRES };
    const { html } = renderMail(mail, { brand: brandWith(LAYOUT), locale: "ar", data: { name: "<b>" }, secret });

    expect(html).toContain('<html lang="ar" dir="rtl"><head><title>اختيار كلمة مرور جديدة</title>');
    expect(html).toContain('<a href="https://app.example.com/?a=&#39;"><bdi>&lt;Acme&gt;</bdi></a>');
    expect(html).toContain(">اختيار كلمة مرور جديدة</a>");
    expect(html).not.toMatch(/<b>/);
  });

  it.each([
    ["no content", LAYOUT.replace("{{> content}}", ""), "layout.html:1: the layout needs {{> content}} exactly once"],
    [
      "content for some only",
      LAYOUT.replace("{{> content}}", "{{#if appUrl}}{{> content}}{{/if}}"),
      "layout.html:1: the layout needs {{> content}}",
    ],
    [
      "an unknown variable",
      LAYOUT.replace("{{words.footer}}", "{{footer}}"),
      "layout.html:5: {{footer}} is not a variable of the layout",
    ],
    ["an unescaped value", LAYOUT.replace("{{subject}}", "{{{subject}}}"), "layout.html:2: write two braces"],
    ["another partial", LAYOUT.replace("{{> name}}", "{{> mail}}"), "layout.html:3: {{> mail}} is unknown"],
    ["a helper", LAYOUT.replace("{{words.footer}}", "{{log subject}}"), "layout.html:5: {{log}} is not a variable"],
    [
      "a script",
      LAYOUT.replace("</head>", "<script>1</script></head>"),
      "layout.html:2: mails must not contain scripts",
    ],
    ["an open tag", LAYOUT.replace("{{/if}}", ""), "layout.html:"],
  ])("prevents the start if it has %s", (_fault, layout, words) => {
    expect(() => brandWith(layout)).toThrow(`MAIL_TEMPLATES_DIR: ${words}`);
  });
});
