import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";

/** Of the narrowest phone that every page must fit. */
export const PHONE_VIEWPORT = { width: 360, height: 740 };

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** Runs in the page. The elements at fault, if the page can be scrolled sideways. */
const FIND_OVERFLOW = `(async () => {
  // Scripts adapt the page in the frame after its new width, and what they change is laid out in the next one.
  for (const _ of [1, 2]) await new Promise(requestAnimationFrame);
  const { clientWidth, scrollWidth } = document.documentElement;
  const isOutside = ({ left, right }) => right > clientWidth + 1 || left < -1;
  return scrollWidth <= clientWidth
    ? []
    : [...document.querySelectorAll("body *")]
        .filter((element) => isOutside(element.getBoundingClientRect()))
        .map((element) => element.outerHTML.slice(0, 120));
})()`;

/** What axe-core calls serious or critical (WCAG 2.2 AA and best practices). */
export const findViolations = async (page: Page): Promise<readonly string[]> => {
  if (!(await page.evaluate(`"axe" in globalThis`))) await loadAxe(page);
  // React Aria announces a pending button by a reference to it, which remains for seconds after the button has gone.
  const exclude = ["[data-live-announcer]"];
  const { violations } = await page.evaluate<AxeResults>(
    `axe.run(${JSON.stringify({ exclude })}, { resultTypes: ["violations"] })`,
  );
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target, html }) => `${target.join(" ")} ${html}`).join(" ")}`);
};

/**
 * By the protocol itself: as an argument of Playwright's own function, the script costs the page half as much again. The session
 * ends with the page, because Chromium removes virtual authenticators when any session is detached.
 */
const loadAxe = async (page: Page): Promise<void> => {
  const session = await page.context().newCDPSession(page);
  await session.send("Runtime.evaluate", { expression: await readFile(AXE, "utf8") });
};

/** The elements that make a page of 360 pixels scroll sideways. */
export const findOverflow = async (page: Page): Promise<readonly string[]> => {
  const before = page.viewportSize();
  await page.setViewportSize(PHONE_VIEWPORT);
  const wide = await page.evaluate<readonly string[]>(FIND_OVERFLOW);
  if (before) await page.setViewportSize(before);
  return wide;
};
