import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type BrowserProfile, startWebApp, type WebApp } from "../browser/web/page.ts";
import { openEveryPage } from "../browser/web/pages.ts";
import { renderSample, sampleMails } from "../integration/mail/samples.ts";
import { describeIf } from "../support/servers/index.ts";
import { differenceFrom } from "./compare.ts";

const LOOKS: readonly (readonly [look: string, profile: BrowserProfile])[] = [
  ["desktop", {}],
  ["phone-dark-arabic", { phone: true, dark: true, locale: "ar" }],
];

/** Runs in the page: gives every run the same times, ids and addresses. */
const NEUTRALISE = `{
  for (const time of document.querySelectorAll("time")) time.textContent = "1 March 2026";
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode())
    node.data = node.data
      .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "00000000-0000-7000-8000-000000000000")
      .replace(/-?[0-9a-f]{10}@/g, "@")
      .replace(/[A-Z][a-z]{2} \\d{1,2}, \\d{4}(, \\d{1,2}:\\d{2}\\s[AP]M)?/g, "1 March 2026")
      .replace(/\\d{4}\\/\\d{2}\\/\\d{2}(، \\d{1,2}:\\d{2}\\s[صم])?/g, "2026/03/01")
      .replace(/2001:db8:[0-9a-f]+:[0-9a-f]+::1/g, "2001:db8::1");
}`;

/** Plots of the last days change with the day. */
const PLOTS = ".recharts-wrapper";

const screenshotOf = async (page: Page): Promise<Buffer> => {
  // Data that arrive later would be written as they are.
  await page.waitForLoadState("networkidle");
  await page.evaluate(NEUTRALISE);
  return page.screenshot({ fullPage: true, animations: "disabled", mask: [page.locator(PLOTS)] });
};

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
