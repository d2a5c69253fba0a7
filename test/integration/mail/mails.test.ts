import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { FEATURES } from "#features/index";
import type { ConsumeResult, Limit } from "#platform/limits/limits";
import { defineMail, type Mail, MailBudgets, MailCatalogue, MailQueue } from "#platform/mail/index";
import { LOCALES } from "#shared/locales";
import { MAILS } from "../../support/factories/mails.ts";
import { linkIn, readersOf, startSmtpServer, type TestSmtpServer } from "../../support/servers/smtp.ts";
import { jobFor, mailerTo } from "./delivery.ts";
import { ALL_MAILS, AT, CATALOGUE, CODE_TEXT, LINK_URL, MERGED_NOTICES, sampleMails, TO } from "./samples.ts";

const UNKNOWN = { en: "unknown", de: "unbekannt", ar: "غير معروف" };
const PLACE_LABEL = { en: "Approximate place", de: "Ungefährer Ort", ar: "الموقع التقريبي" };
const DEVICE = { en: "Firefox on Windows", de: "Firefox auf Windows", ar: "Firefox على Windows" };
const NEW_DEVICE = { en: "App on iPhone", de: "App auf iPhone", ar: "App على iPhone" };
const MOMENT = {
  en: "1 March 2026 at 09:05 UTC",
  de: "1. März 2026 um 09:05 UTC",
  ar: "1 مارس 2026، الساعة 9:05 ص بتوقيت UTC",
};
const EXPIRY = {
  en: "2 March 2026 at 09:05 UTC",
  de: "2. März 2026 um 09:05 UTC",
  ar: "2 مارس 2026، الساعة 9:05 ص بتوقيت UTC",
};

/** Without the marks around values in texts from right to left. */
const withoutMarks = (text: string): string => text.replace(/[\u2068\u2069]/g, "");

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
    expect(FEATURES.flatMap(({ mails }) => mails)).toEqual(MAILS);
    expect([...new Set(sampleMails(locale).map(({ template }) => template))].sort()).toEqual(
      ALL_MAILS.map(({ name }) => name).sort(),
    );
  });

  it.each(sampleMails(locale))("arrive readable as text and as HTML: $template", async (request) => {
    const mail = await delivered(request);
    if (mail.html === false) throw new Error("no HTML part");
    const [text, html] = [withoutMarks(mail.text ?? ""), withoutMarks(mail.html)];

    expect(mail.subject).toMatch(/^\S.{10,70}$/);
    expect(mail.subject).not.toContain("{{");
    expect(readersOf(mail)).toEqual([TO]);
    expect(mail.from?.text).toBe('"Portcullis" <no-reply@id.example.com>');
    expect(mail.headers.get("auto-submitted")).toBe("auto-generated");
    expect(html).toContain(`<html lang="${locale}" dir="${locale === "ar" ? "rtl" : "ltr"}">`);
    for (const part of [text, html]) {
      expect(part).not.toMatch(/\{\{|\}\}|undefined|\[object|null|Invalid Date/);
      expect(part).toContain("Portcullis");
      if ("name" in request.data) expect(part).toContain("Ann Example");
      if ("ipAddress" in request.data) expect(part).toContain("203.0.113.9");
      if ("device" in request.data) expect(part).toContain(DEVICE[locale]);
      if ("newDevice" in request.data) expect(part).toContain(NEW_DEVICE[locale]);
      if ("place" in request.data) {
        expect(part).toContain(PLACE_LABEL[locale]);
        expect(part).toContain(request.data.place ?? UNKNOWN[locale]);
      }
      if ("change" in request.data) expect(part).not.toContain(request.data.change);
      if (CATALOGUE.get(request.template).secret === "code") expect(part).toContain(CODE_TEXT);
      if ("email" in request.data) expect(part).toContain(request.data.email);
      if ("applicant" in request.data && request.data.applicant) expect(part).toContain(request.data.applicant);
      if ("reason" in request.data && request.data.reason) expect(part).toContain(request.data.reason);
      if ("newEmail" in request.data) expect(part).toContain("new@example.com");
      if ("at" in request.data) expect(part).toContain(MOMENT[locale]);
      if (CATALOGUE.get(request.template).secret) {
        expect(part).toContain(EXPIRY[locale]);
      }
    }
    if (CATALOGUE.get(request.template).secret === "link") {
      expect(linkIn(mail)).toBe(LINK_URL);
      expect([...html.matchAll(/href="([^"]*)"/g)].map(([, href = ""]) => unescaped(href))).toEqual([
        LINK_URL,
        LINK_URL,
      ]);
    } else {
      expect(html).not.toContain("href=");
    }
  });

  it("have the code in the subject, which a reader sees first", async () => {
    const codes = sampleMails(locale).filter(({ template }) => CATALOGUE.get(template).secret === "code");

    for (const request of codes) expect((await delivered(request)).subject).toContain(CODE_TEXT);
    expect(codes).toHaveLength(3);
  });

  it("state the change in the reader's language", async () => {
    const changed = sampleMails(locale).filter(({ template }) => template === "mfa-changed");
    const said = await Promise.all(changed.map(async (request) => (await delivered(request)).text));

    expect(new Set(said).size).toBe(changed.length);
    expect(said[0]).toContain(
      {
        en: "was changed: an authenticator app was added.",
        de: "geändert: Eine Authenticator-App wurde hinzugefügt.",
        ar: ": أُضيف تطبيق مصادقة.",
      }[locale],
    );
  });

  it("greet without a name if it is unknown", async () => {
    const mail = await delivered({
      template: "password-reset",
      to: TO,
      locale,
      data: { name: null },
      link: { id: "1" },
    });

    expect(mail.text?.split("\n")[0]).toBe({ en: "Hello,", de: "Guten Tag,", ar: "مرحبًا،" }[locale]);
  });

  it("format numbers for the language", async () => {
    const mail = await delivered({
      template: "password-changed",
      to: TO,
      locale,
      data: { name: null, at: AT, endedSessions: 1234 },
    });

    expect(mail.text).toContain(
      {
        en: "1,234 sessions were ended.",
        de: "1.234 Sitzungen wurden beendet.",
        ar: "انتهت 1,234 جلسةً.",
      }[locale],
    );
  });
});

// With a zero-width space wherever a mail program would create a link from the text (`unlinkable`).
describe("text from an unauthenticated caller", () => {
  const named = (name: string) =>
    delivered({ template: "account-deleted", to: TO, locale: "en", data: { name, at: AT } });

  it("is escaped in HTML", async () => {
    const mail = await named(`<script>alert(1)</script><a href="https://evil.example">"&'`);

    expect(mail.html).not.toMatch(/<script|<a /);
    expect(mail.html).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(mail.text).toContain(`Hello <script>alert(1)</script><a href="https:\u200B//evil.\u200Bexample">"&',`);
  });

  it("adds no header and no line", async () => {
    const mail = await named("Ann\r\nBcc: victim@example.com\r\n\r\nForged line\u2028another\u0000");

    expect(mail.headers.has("bcc")).toBe(false);
    expect(mail.text).toContain("Hello Ann Bcc: victim@\u200Bexample.\u200Bcom Forged line another,\n");
  });

  it("cannot reverse the reading direction or add pages of text", async () => {
    const mail = await named(`\u202Egnp.exe${"🦊".repeat(5_000)}`);

    expect(mail.text).not.toContain("\u202E");
    expect(mail.text).toMatch(/Hello gnp\.\u200Bexe🦊{490,495}…,/u);
  });

  it("is data, not a template", async () => {
    const mail = await named("{{product}} {{> button}}");

    expect(mail.text).toContain("Hello {{product}} {{> button}},");
  });
});

describe("the definition of a mail", () => {
  const marked = (key: string, value: unknown, schema: unknown): unknown => {
    if (typeof value === "boolean" || value === null || schema instanceof z.ZodEnum) return value;
    if (typeof value === "number")
      return { toString: () => `«${key}»`, plural: ({ other }: { other: string }) => other };
    if (!Array.isArray(value)) return `«${key}»`;
    return value.map((item: object) => ({
      ...item,
      count: { toString: () => "«count»", plural: ({ other }: { other: string }) => other },
      lastAt: "«lastAt»",
    }));
  };

  describe.each(LOCALES)("in %s", (locale) => {
    it.each(ALL_MAILS)("mentions each fact that it is given: $name", (mail) => {
      const { name, secret, data } = mail;
      const samples = sampleMails(locale).filter(({ template }) => template === name);
      const said = samples.map((sample) => {
        const facts = Object.entries(sample.data).map(([key, value]) => [key, marked(key, value, data.shape[key])]);
        const carried = { product: "«product»", expires: "«expires»", code: "«code»" };
        const { subject, body } = mail[locale]({ ...Object.fromEntries(facts), ...carried } as never);
        return subject + JSON.stringify(body);
      });

      const shape = Object.entries(data.shape).filter(([key]) => key !== "name");
      for (const [key, schema] of shape) {
        // A field is represented by its marker; a flag or an enum makes a difference in the text instead.
        const isChoice =
          schema instanceof z.ZodEnum || samples.some((one) => typeof Object(one.data)[key] === "boolean");
        if (isChoice) expect(new Set(said).size, key).toBe(samples.length);
        else if (Array.isArray(Object(samples[0]?.data)[key])) expect(said[0]).toMatch(/«count».*«lastAt»/);
        else expect(said.join(), key).toContain(`«${key}»`);
      }
      if (secret) for (const one of said) expect(one).toContain("«expires»");
      if (secret === "code") for (const one of said) expect(one).toContain('{"code":"«code»"}');
      if (secret === "link") for (const one of said) expect(one.match(/\{"button":"[^"]+"\}/g)).toHaveLength(1);
    });
  });

  it("is refused by the compiler (`npm run types`) if a language, a subject or a budget is missing, or a text uses an unknown field", () => {
    const [data, de] = [z.object({ at: z.date() }), () => ({ subject: "", body: [] })];
    const mail = { name: "test", budget: null, data, secret: null, ar: () => ({ subject: "", body: [] }) } as const;
    // @ts-expect-error The German text is missing.
    defineMail({ ...mail, en: () => ({ subject: "", body: [] }) });
    // @ts-expect-error The subject is missing.
    defineMail({ ...mail, en: () => ({ body: [] }), de });
    // @ts-expect-error The budget is missing, which may be null.
    defineMail({ name: "test", data, secret: null, en: de, de, ar: de });
    // @ts-expect-error The data has no such field.
    defineMail({ ...mail, en: ({ nope }) => ({ subject: "", body: [nope] }), de });
    const named = { ...mail, data: z.object({ name: z.string() }) };
    // @ts-expect-error The greeting already contains the name.
    defineMail({ ...named, en: ({ name }) => ({ subject: name, body: [] }), de });
    // @ts-expect-error A mail without a link has nothing that expires, …
    defineMail({ ...mail, en: ({ expires }) => ({ subject: "", body: [expires] }), de });
    // @ts-expect-error … and no button.
    defineMail({ ...mail, en: () => ({ subject: "", body: [{ button: "Go" }] }), de });
    expect(mail.name).toBe("test");
  });

  it("is refused at start if another mail has the same name", () => {
    expect(() => new MailCatalogue([...MAILS, CATALOGUE.get("new-device")])).toThrow("new-device");
    expect(() => new MailCatalogue([CATALOGUE.digest])).toThrow("notice-digest");
  });
});

describe("the budget of a mail", () => {
  const limitsTaken = async (mail: Mail): Promise<number> => {
    let taken = 0;
    const limits = {
      consume: async (_: unknown, all: readonly Limit[]): Promise<ConsumeResult> => {
        taken += all.length;
        return { exceeded: null, fresh: [], reached: [], left: 1, retryAfter: 0, remembered: false };
      },
      refund: async () => {},
    };
    const queue = new MailQueue({ jobs: { add: async () => {} }, budgets: new MailBudgets({ limits }) });
    await queue.reserve({} as never, mail, { to: "ada@example.com", budget: "ANONYMOUS" });
    return taken;
  };

  it.each([
    "new-device",
    "session-compromised",
    "mfa-changed",
    "password-changed",
    "change-email-notice",
    "account-secured",
  ])("never suppresses a mail that reports a change or can stop an attack: %s", async (name) => {
    expect(await limitsTaken(CATALOGUE.get(name))).toBe(0);
  });

  it("counts each security notice that can be merged", async () => {
    expect(MERGED_NOTICES).toHaveLength(6);
    for (const name of MERGED_NOTICES) expect(await limitsTaken(CATALOGUE.get(name)), name).toBeGreaterThan(0);
  });
});
