import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { readConfig } from "#app/config";
import { mailBrandOf } from "#app/mail-settings";
import { contrastOf, type HexColor } from "#shared/contrast";
import { LOCALES, type Locale } from "#shared/locales";
import {
  ACME_BRAND,
  CODE_TEXT,
  EXPIRES,
  LINK_URL,
  type MailRequest,
  PLAIN_BRAND,
  renderSample,
  sampleMails,
} from "./samples.ts";

const BRANDS = { "a plain brand": PLAIN_BRAND, "everything set": ACME_BRAND };

const sampleOf = (template: MailRequest["template"], locale: Locale): MailRequest => {
  const sample = sampleMails(locale).find((request) => request.template === template);
  if (sample === undefined) throw new Error(`no sample of ${template}`);
  return sample;
};

const VOID = new Set(["meta", "br", "img"]);

/** The first tag that is not closed in its order; null if the elements of the page are nested correctly. */
const misnested = (html: string): string | null => {
  const open: string[] = [];
  for (const [, slash, name = ""] of html.matchAll(/<(\/?)([a-z]+[1-6]?)\b[^>]*>/g)) {
    if (slash === "" && !VOID.has(name)) open.push(name);
    if (slash === "/" && open.pop() !== name) return name;
  }
  return open.at(-1) ?? null;
};

/** Words of the samples and of the brand, names, and abbreviations that Arabic texts write in Latin letters. */
const NAMES =
  /https?:\/\/\S+|\S+@\S+|Ann Example|Firefox|Windows|App|iPhone|Kuala Lumpur, Malaysia|Müller & Söhne|Zoë Ångström|Acme <ID>|Acme & Söhne “ID”|Not one of ours|Portcullis|UTC|IP\b/g;

describe.each(LOCALES)("mails in %s", (locale) => {
  describe.each(Object.entries(BRANDS))("with %s", (_name, brand) => {
    it.each(sampleMails(locale))("are complete and well-formed: $template", (request) => {
      const { subject, text, html } = renderSample(request, brand);

      for (const part of [subject, text, html]) expect(part).not.toMatch(/\{\{|\}\}|undefined|\[object|\bnull\b/);
      expect(misnested(html)).toBeNull();
      expect(html).toContain(`<html lang="${locale}" dir="${locale === "ar" ? "rtl" : "ltr"}">`);
      if (locale === "ar")
        expect(`${subject}\n${text}`.replaceAll(/[\u200B\u2068\u2069]/g, "").replaceAll(NAMES, "")).not.toMatch(
          /\p{Script=Latin}/u,
        );
    });
  });
});

describe("the brand of a mail", () => {
  it("is text without links, if the operator has set nothing", () => {
    const { html, text } = renderSample(sampleOf("password-changed", "en"));
    expect(html).not.toMatch(/href=|<img/);
    expect(text).not.toContain("http");
  });

  it("links to the app and to help, with the words for it in each language", () => {
    for (const [locale, signIn, getHelp] of [
      ["en", "Sign in", "Get help"],
      ["de", "Anmelden", "Hilfe"],
      ["ar", "تسجيل الدخول", "الحصول على المساعدة"],
    ] as const) {
      const { html, text } = renderSample(sampleOf("password-changed", locale), ACME_BRAND);
      expect(text).toContain(`\n${signIn}:\n${ACME_BRAND.appUrl}\n`);
      expect(text).toContain(`${getHelp}: help@example.com\n`);
      expect(html).toMatch(
        new RegExp(`<a class="button-text" href="https://app\\.example\\.com/[^"]*"[^>]*>${signIn}</a>`),
      );
      expect(html).toMatch(new RegExp(`<a class="link" href="mailto:help@example\\.com"[^>]*>${getHelp}</a>`));
      expect(html).toContain('<img src="https://id.example.com/web/logo?v=1" alt="Acme &amp; Söhne “ID”"');
    }
  });

  it("keeps the link of the mail as the only button", () => {
    const { html } = renderSample(sampleOf("new-device", "en"), ACME_BRAND);
    expect(html.match(/class="button-text"/g)).toHaveLength(1);
    expect(html).toContain(">No, that was not me</a>");
  });

  it("offers help if only that can be done next", () => {
    expect(renderSample(sampleOf("email-change-undone", "en"), ACME_BRAND).text).toContain(
      "\nGet help:\nhelp@example.com\n",
    );
    expect(renderSample(sampleOf("email-change-undone", "en")).text).not.toContain("Get help");
  });

  it.each(["#ffd400", "#0a0a0a", "#9ee6c0"])("has readable buttons and links in the colour %s", (color) => {
    const { colors } = mailBrandOf(readConfig({ BRAND_COLOR: color }));
    for (const [scheme, card, page] of [
      ["light", "#ffffff", "#eef1f4"],
      ["dark", "#161e26", "#0f1419"],
    ] as const) {
      const { button, onButton, link } = colors[scheme];
      expect(contrastOf(onButton as HexColor, button as HexColor)).toBeGreaterThanOrEqual(4.5);
      for (const background of [card, page])
        expect(contrastOf(link as HexColor, background as HexColor)).toBeGreaterThanOrEqual(4.5);
    }
  });

  it("has a logo only if mail programs can load it: a PNG, by https", () => {
    const folder = mkdtempSync(join(inject("runDirectory"), "logos-"));
    const [png, svg] = [join(folder, "logo.png"), join(folder, "logo.svg")];
    writeFileSync(png, Buffer.from("89504e470d0a1a0a", "hex"));
    writeFileSync(svg, '<svg xmlns="http://www.w3.org/2000/svg"/>');
    const settings = { BRAND_LOGO: png, PUBLIC_URL: "https://id.example.com" };
    const logoOf = (others: object) => mailBrandOf(readConfig({ ...settings, ...others })).logoUrl;

    expect(logoOf({})).toBe("https://id.example.com/web/logo");
    expect(logoOf({ PUBLIC_URL: "http://id.example.com" })).toBeNull();
    expect(logoOf({ BRAND_LOGO: svg })).toBeNull();
    expect(logoOf({ BRAND_LOGO: join(folder, "nothing.png") })).toBeNull();
    expect(logoOf({ WEB: "off" })).toBeNull();
  });
});

describe("numbers in mails", () => {
  const said = (locale: Locale, left: number): string =>
    renderSample({
      ...sampleOf("backup-code-used", locale),
      data: { ...sampleOf("backup-code-used", locale).data, left },
    } as MailRequest).text;

  it.each([
    [0, "You have no backup codes left.", "Sie haben keine Backup-Codes mehr.", "لم يتبقَّ أي رمز احتياطي."],
    [1, "You have one backup code left.", "Sie haben noch einen Backup-Code.", "تبقّى رمز احتياطي واحد."],
    [2, "You have 2 backup codes left.", "Sie haben noch 2 Backup-Codes.", "تبقّى رمزان احتياطيان."],
    [3, "You have 3 backup codes left.", "Sie haben noch 3 Backup-Codes.", "تبقّت 3 رموز احتياطية."],
    [11, "You have 11 backup codes left.", "Sie haben noch 11 Backup-Codes.", "تبقّى 11 رمزًا احتياطيًا."],
    [100, "You have 100 backup codes left.", "Sie haben noch 100 Backup-Codes.", "تبقّى 100 رمز احتياطي."],
  ])("have the plural form of each language: %i", (left, english, german, arabic) => {
    expect(said("en", left)).toContain(english);
    expect(said("de", left)).toContain(german);
    expect(said("ar", left)).toContain(arabic);
  });
});

describe("values in a text of the other writing direction", () => {
  it("are isolated, and so are the names in a device", () => {
    const { text } = renderSample(sampleOf("new-device", "ar"));
    expect(text).toContain("«\u2068\u2068Firefox\u2069 على \u2068Windows\u2069\u2069»");
    expect(text).toContain("عنوان IP: \u2068203.0.113.9\u2069");
    const named = { ...sampleOf("account-deleted", "en"), data: { name: "سلمى", at: EXPIRES } } as MailRequest;
    expect(renderSample(named).text).toMatch(/^Hello \u2068سلمى\u2069,/);
    expect(renderSample(sampleOf("new-device", "en")).text).not.toMatch(/[\u2066-\u2069]/);
  });

  it("are not isolated where they are copied: the code and the link", () => {
    expect(renderSample(sampleOf("login-code", "ar")).text).toContain(`\n\n${CODE_TEXT}\n\n`);
    expect(renderSample(sampleOf("password-reset", "ar")).text).toContain(`:\n${LINK_URL}\n`);
  });
});
