import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

/** A page that is open, and what a developer would see in its console and network panel. */
export interface Visit {
  readonly page: Page;
  /** Console errors and warnings (broken policies are among them), uncaught errors, and requests that failed. */
  readonly complaints: readonly string[];
  /** The GraphQL operations that were sent, as texts. */
  readonly operations: readonly string[];
}

/** Chromium without a window. `hosts` are names that lead to this machine. */
export const launchChromium = (executablePath: string, hosts: readonly string[] = []): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: [
      "--disable-background-networking",
      "--disable-component-update",
      ...(hosts.length > 0 ? [`--host-resolver-rules=${hosts.map((host) => `MAP ${host} 127.0.0.1`).join(",")}`] : []),
    ],
  });

/** Opens an address in a profile of its own, as a new visitor. */
export const visit = async (browser: Browser, url: string, profile: BrowserContextOptions = {}): Promise<Visit> => {
  const context = await browser.newContext({ locale: "en-GB", ...profile });
  const page = await context.newPage();
  const complaints: string[] = [];
  const operations: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("requestfailed", (request) => complaints.push(`${request.url()}: ${request.failure()?.errorText}`));
  page.on("request", (request) => {
    if (request.method() === "POST" && request.url().endsWith("/graphql"))
      operations.push(String(request.postDataJSON()?.query));
  });
  await page.goto(url);
  return { page, complaints, operations };
};
