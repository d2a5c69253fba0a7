import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type BrowserProfile, startWebApp, type WebApp } from "../browser/web/page.ts";
import { openEveryPage } from "../browser/web/pages.ts";
import { renderSample, sampleMails } from "../integration/mail/samples.ts";
import { describeIf } from "../support/servers/index.ts";
import { differenceFrom } from "./compare.ts";
import { screenshotOf } from "./screenshot.ts";

const LOOKS: readonly (readonly [look: string, profile: BrowserProfile])[] = [
  ["desktop", {}],
  ["phone-dark-arabic", { phone: true, dark: true, locale: "ar" }],
];

describeIf("chromium", "the screenshot", (executablePath) => {
  let web: WebApp;

  beforeAll(async () => {
    web = await startWebApp(executablePath);
  });
  afterAll(() => web?.stop());
  afterEach(() => web.closePages());

  it.each(LOOKS)("of every page is as committed: %s", async (look, profile) => {
    const differences: string[] = [];
    for await (const { tab, opener, path, fault } of openEveryPage(web, profile)) {
      expect(fault, path).toBeNull();
      const name = path.slice(1).replaceAll("/", "-").replace("$", "");
      const difference = await differenceFrom(`${look}/${opener}-${name}`, await screenshotOf(tab.page));
      if (difference) differences.push(difference);
    }
    expect(differences).toEqual([]);
  });

  it.each(LOOKS)("of every mail is as committed: %s", async (look, { locale }) => {
    const page = await web.browser.newPage({ viewport: { width: look === "desktop" ? 720 : 360, height: 400 } });
    const differences: string[] = [];
    const seen = new Set<string>();
    for (const sample of sampleMails(locale === "ar" ? "ar" : "en")) {
      if (seen.has(sample.template)) continue;
      seen.add(sample.template);
      await page.setContent(renderSample(sample).html);
      const difference = await differenceFrom(`${look}/mail-${sample.template}`, await screenshotOf(page));
      if (difference) differences.push(difference);
    }
    expect(differences).toEqual([]);
  });
});
