import type { Page } from "playwright-core";

/** Runs in the page: gives every run the same times, ids, addresses and numbers. */
const NEUTRALISE = `{
  for (const time of document.querySelectorAll("time")) time.textContent = "1 March 2026";
  for (const number of document.querySelectorAll("figure strong")) number.textContent = "42";
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

/** A screenshot that is the same in every run, once all data have arrived. */
export const screenshotOf = async (page: Page): Promise<Buffer> => {
  // Data that arrive later would be written as they are.
  await page.waitForLoadState("networkidle");
  await page.evaluate(NEUTRALISE);
  return page.screenshot({ fullPage: true, animations: "disabled", caret: "hide", mask: [page.locator(PLOTS)] });
};
