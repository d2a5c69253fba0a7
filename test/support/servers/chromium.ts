import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { WAIT_TIMEOUT_MS } from "../timeouts.ts";

/** An open page, and what a developer would see in its console and network panel. */
export interface PageVisit {
  readonly page: Page;
  /** Console errors and warnings (including violations of policies), uncaught errors, and failed requests. */
  readonly pageErrors: readonly string[];
  /** The GraphQL operations that were sent, as text. */
  readonly operations: readonly string[];
}

/** Headless Chromium with long timeouts. `hosts` are names that resolve to this machine. */
export const launchChromium = async (executablePath: string, hosts: readonly string[] = []): Promise<Browser> => {
  const browser = await chromium.launch({
    executablePath,
    timeout: WAIT_TIMEOUT_MS,
    args: [
      "--disable-background-networking",
      "--disable-component-update",
      ...(hosts.length > 0 ? [`--host-resolver-rules=${hosts.map((host) => `MAP ${host} 127.0.0.1`).join(",")}`] : []),
    ],
  });
  const newContext = browser.newContext.bind(browser);
  browser.newContext = async (options) => {
    const context = await newContext(options);
    context.setDefaultTimeout(WAIT_TIMEOUT_MS);
    return context;
  };
  return browser;
};

/** Opens an address in a new profile, like a new visitor. */
export const visit = async (browser: Browser, url: string, profile: BrowserContextOptions = {}): Promise<PageVisit> => {
  const context = await browser.newContext({ locale: "en-GB", ...profile });
  const page = await context.newPage();
  const pageErrors: string[] = [];
  const operations: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) pageErrors.push(message.text());
  });
  page.on("pageerror", (error) => pageErrors.push(error.message));
  page.on("requestfailed", (request) => pageErrors.push(`${request.url()}: ${request.failure()?.errorText}`));
  page.on("request", (request) => {
    if (request.method() === "POST" && request.url().endsWith("/graphql"))
      operations.push(String(request.postDataJSON()?.query));
  });
  await page.goto(url);
  return { page, pageErrors, operations };
};
