import fastify from "fastify";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { FEATURES } from "#features/index";
import { linkPages } from "#platform/link-pages/index";
import { directionOf, LOCALES } from "#shared/locales";
import { ACME_BRAND, renderSample, sampleMails } from "../integration/mail/samples.ts";
import { launchChromium } from "../support/servers/chromium.ts";
import { describeIf } from "../support/servers/index.ts";

/** The narrowest phones. */
const PHONE = { width: 320, height: 640 };

const PAGES = FEATURES.flatMap(({ pages }) => pages);

/** How far the page scrolls sideways, in CSS pixels. */
const overflowOf = (page: Page): Promise<number> =>
  page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");

const directionIn = (page: Page, selector: string): Promise<string> =>
  page.evaluate(`getComputedStyle(document.querySelector("${selector}")).direction`);

describeIf("chromium", "pages of links and mails on a phone", (executablePath) => {
  const server = fastify();
  let browser: Browser;
  let url: string;

  beforeAll(async () => {
    await server.register(linkPages, { ...ACME_BRAND, pages: PAGES });
    [url, browser] = await Promise.all([server.listen({ host: "127.0.0.1", port: 0 }), launchChromium(executablePath)]);
  });
  afterAll(async () => {
    await browser?.close();
    await server.close();
  });

  it.each(LOCALES)("do not scroll sideways, and are written in the direction of their language: %s", async (locale) => {
    const context = await browser.newContext({ locale, viewport: PHONE });
    const page = await context.newPage();
    for (const { path } of PAGES) {
      await page.goto(`${url}/${path}#token=1`);
      await page.locator("h1").waitFor();
      // Everything that the page can show, at the same time.
      await page.evaluate(`
        for (const element of document.querySelectorAll("[hidden]")) element.hidden = false;
        document.querySelector("main").append(document.querySelector("#texts").content.cloneNode(true));
      `);
      expect(await overflowOf(page), path).toBe(0);
      expect([await page.locator("html").getAttribute("lang"), await directionIn(page, "h1")]).toEqual([
        locale,
        directionOf(locale),
      ]);
    }
    // Of its own, because the policy of the pages above does not allow the inline styles of mails.
    const mail = await context.newPage();
    for (const request of sampleMails(locale)) {
      await mail.setContent(renderSample(request, { ...ACME_BRAND, logoUrl: null }).html);
      expect(await overflowOf(mail), request.template).toBe(0);
      expect(await directionIn(mail, ".card")).toBe(directionOf(locale));
    }
    await context.close();
  });
});
