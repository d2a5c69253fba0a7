import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from "playwright-core";
import { expect } from "vitest";
import { newAddress } from "../../support/factories/users.ts";
import { startTestApp, type TestApp, type TestAppOptions } from "../../support/servers/app.ts";
import { buildPages } from "../../support/servers/built-pages.ts";
import { launchChromium } from "../../support/servers/chromium.ts";
import { findFreePort } from "../../support/servers/ports.ts";
import { findOverflow, findViolations, PHONE_VIEWPORT } from "./page-checks.ts";

/** How a visitor looks at the pages. By default: a light desktop, in English. */
export interface BrowserProfile extends Pick<BrowserContextOptions, "locale"> {
  readonly dark?: boolean;
  /** 360 pixels wide, and touched. */
  readonly phone?: boolean;
  /** By default an address that no other visitor has, because limits count by address. */
  readonly address?: string;
}

/** The hosted pages of a real server, and a real browser. Both are shared by the tests of a file. */
export interface WebApp {
  readonly app: TestApp;
  readonly browser: Browser;
  readonly origin: string;
  /** Opens a page in a new profile, like a new visitor on another device. */
  open(path: string, visitor?: BrowserProfile): Promise<WebPage>;
  /** A new profile without a page, like a new device. */
  newProfile(visitor?: BrowserProfile): Promise<BrowserContext>;
  /** Closes the profiles of a test. */
  closePages(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the program with the hosted pages, which are built once for the run. */
export const startWebApp = async (
  executablePath: string,
  { settings, port: wanted, ...options }: Omit<TestAppOptions, "replicaOf"> & { readonly port?: number } = {},
): Promise<WebApp> => {
  await buildPages();
  const port = wanted ?? (await findFreePort());
  const origin = `http://localhost:${port}`;
  const [app, browser] = await Promise.all([
    startTestApp({ ...options, settings: { WEB: "on", PORT: `${port}`, PUBLIC_URL: origin, ...settings } }),
    launchChromium(executablePath),
  ]);
  return {
    app,
    browser,
    origin,
    open: async (path, visitor) => WebPage.open(await newProfile(browser, visitor), new URL(path, origin).href),
    newProfile: (visitor) => newProfile(browser, visitor),
    async closePages() {
      await Promise.all(browser.contexts().map((context) => context.close()));
    },
    async stop() {
      await browser.close();
      await app.stop();
    },
  };
};

const PHONE = { viewport: PHONE_VIEWPORT, hasTouch: true };
const DESKTOP = { viewport: { width: 1280, height: 800 } };

const newProfile = (
  browser: Browser,
  { dark = false, phone = false, locale = "en-GB", address = newAddress() }: BrowserProfile = {},
): Promise<BrowserContext> =>
  browser.newContext({
    locale,
    colorScheme: dark ? "dark" : "light",
    // Nothing waits for a transition.
    reducedMotion: "reduce",
    ...(phone ? PHONE : DESKTOP),
    extraHTTPHeaders: { "x-forwarded-for": address },
  });

/** A refusal of the API is an answer; browsers log its status all the same. */
const isRefusal = (text: string, url: string): boolean =>
  text.startsWith("Failed to load resource") && url.endsWith("/graphql");

type Focus = "here" | "elsewhere" | "gone";

/** Runs in the page. */
const focusOf = (element: object): Focus => {
  if (!Reflect.get(element, "isConnected")) return "gone";
  return Reflect.get(globalThis, "document").activeElement === element ? "here" : "elsewhere";
};

/** How many characters of a text are typed key by key. */
const TYPED_KEYS = 3;

/** Further than any page has controls. */
const MAX_TABS = 120;
/** Longer than any menu. */
const MAX_ITEMS = 20;
/** More than any table of these tests has. */
const MAX_ROWS = 30;

/** A tab that its visitor uses with the keyboard only. */
export class WebPage {
  readonly page: Page;
  /** Console errors (also violations of the Content-Security-Policy), uncaught errors, and failed requests. */
  readonly errors: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on("console", (message) => {
      const isError = message.type() === "error" || message.type() === "warning";
      if (isError && !isRefusal(message.text(), message.location().url)) this.errors.push(message.text());
    });
    page.on("pageerror", (error) => this.errors.push(error.message));
  }

  static async open(context: BrowserContext, url: string): Promise<WebPage> {
    const page = new WebPage(await context.newPage());
    await page.page.goto(url);
    return page;
  }

  /** Another tab of the same browser profile. */
  newTab(path: string): Promise<WebPage> {
    return WebPage.open(this.page.context(), new URL(path, this.page.url()).href);
  }

  /** Moves the focus with the Tab key, from where it is, to this control. */
  tabTo(target: Locator): Promise<void> {
    return this.#focus(target, "Tab", MAX_TABS);
  }

  async #focus(target: Locator, key: "Tab" | "ArrowDown" | "ArrowRight", most: number): Promise<void> {
    await this.#waitFor(target);
    // Located once, and again only if the page replaces it, because finding an element by its name costs more than a key.
    let element = await target.elementHandle();
    const isReached = async (): Promise<boolean> => {
      const focus = await element?.evaluate(focusOf);
      if (focus !== "gone") return focus === "here";
      element = await target.elementHandle();
      return isReached();
    };
    await this.#pressUntil(isReached, key, most, target);
  }

  async #pressUntil(isReached: () => Promise<boolean>, key: string, most: number, target: Locator): Promise<void> {
    for (let presses = 0; presses <= most; presses++) {
      if (await isReached()) return;
      await this.page.keyboard.press(key);
    }
    throw new Error(`The key ${key} does not reach ${target}.`);
  }

  /** Moves the focus into the table, which is one stop of the Tab key, to its first row. */
  async #focusTable(): Promise<void> {
    const rows = this.page.locator("[role=rowgroup] [role=row], tbody [role=row]");
    await this.#waitFor(rows);
    await this.#pressUntil(() => this.#hasFocus(rows), "Tab", MAX_TABS, rows);
    await this.page.keyboard.press("ControlOrMeta+Home");
  }

  async #hasFocus(rows: Locator): Promise<boolean> {
    const focused = this.page.locator(":focus");
    return (await rows.and(focused).or(rows.locator(focused)).count()) > 0;
  }

  /** Moves the focus to a button of the first row with this text. */
  async #focusInRow(text: string, button: string | RegExp): Promise<void> {
    const row = this.page.getByRole("row").filter({ hasText: text }).first();
    await this.#waitFor(row);
    await this.#focusTable();
    await this.#pressUntil(() => this.#hasFocus(row), "ArrowDown", MAX_ROWS, row);
    await this.#focus(row.getByRole("button", { name: button }), "ArrowRight", MAX_ITEMS);
  }

  /** Selects all rows of the table. */
  async selectRows(): Promise<void> {
    await this.#focusTable();
    await this.page.keyboard.press("ControlOrMeta+A");
  }

  /** The dialog, if one is open; otherwise the page. */
  async #front(): Promise<Page | Locator> {
    // Messages that do not block the page are dialogs, too.
    const dialogs = this.page.locator("[role=dialog], [role=alertdialog]:not([aria-modal=false])");
    return (await dialogs.count()) > 0 ? dialogs.last() : this.page;
  }

  /**
   * Replaces the content of a field by its label. All but the last characters are inserted together, as by a paste or a password
   * manager, because each key costs the page a rendering. The last ones need a field that keeps the focus while its content changes.
   */
  async type(label: string | RegExp, text: string): Promise<void> {
    const labelled = this.page.getByLabel(label, { exact: typeof label === "string" });
    await this.tabTo(labelled.and(this.page.locator("input, textarea")));
    await this.page.keyboard.press("ControlOrMeta+A");
    await this.page.keyboard.insertText(text.slice(0, -TYPED_KEYS));
    await this.page.keyboard.type(text.slice(-TYPED_KEYS));
  }

  /** Presses a button, link or tab by its name: in the dialog if one is open, and the first of those with this name. */
  async press(name: string | RegExp, role: "button" | "link" | "tab" = "button"): Promise<void> {
    await this.tabTo((await this.#front()).getByRole(role, { name, exact: typeof name === "string" }).first());
    await this.page.keyboard.press("Enter");
  }

  /** Presses a button of the row with this text. */
  async pressInRow(row: string, button: string): Promise<void> {
    await this.#focusInRow(row, button);
    await this.page.keyboard.press("Enter");
  }

  /** Opens the menu of a button, and chooses an item by its name. */
  async choose(menu: string | RegExp, item: string): Promise<void> {
    await this.press(menu);
    await this.#chooseItem(item);
  }

  /** Opens the menu of the row with this text, and chooses an item by its name. */
  async chooseInRow(row: string, item: string): Promise<void> {
    await this.pressInRow(row, "Actions");
    await this.#chooseItem(item);
  }

  async #chooseItem(name: string): Promise<void> {
    await this.#focus(this.page.getByRole("menuitem", { name, exact: true }), "ArrowDown", MAX_ITEMS);
    await this.page.keyboard.press("Enter");
  }

  /** Ticks a check box, or switches a switch. */
  async toggle(name: string | RegExp, role: "checkbox" | "switch" = "checkbox"): Promise<void> {
    await this.tabTo((await this.#front()).getByRole(role, { name, exact: typeof name === "string" }));
    await this.page.keyboard.press("Space");
  }

  async enter(): Promise<void> {
    await this.page.keyboard.press("Enter");
  }

  /** Waits for the page with this heading. */
  async shows(heading: string | RegExp): Promise<void> {
    await this.#waitFor(this.page.getByRole("heading", { name: heading }));
  }

  /** Waits for a text. */
  async says(text: string | RegExp): Promise<void> {
    await this.#waitFor(this.page.getByText(text));
  }

  async #waitFor(target: Locator): Promise<void> {
    await this.#orShown(target.first().waitFor());
  }

  /** Adds to an error of the wait what the page shows instead. */
  async #orShown(wait: Promise<void>): Promise<void> {
    await wait.catch(async ({ message }: Error) => {
      const shown = await this.page.locator("body").innerText();
      throw new Error([message, this.page.url(), ...this.errors, shown].join("\n"));
    });
  }

  /** Waits for an address, by its path. */
  async isAt(path: string): Promise<void> {
    await this.#orShown(this.page.waitForURL(({ pathname }) => pathname === path));
  }

  /** What every page in every state must be: accessible, narrow enough for a phone, not blank, and without errors. */
  async check(): Promise<void> {
    expect((await this.page.locator("h1").first().innerText()).trim()).not.toBe("");
    expect(await findViolations(this.page)).toEqual([]);
    expect(await findOverflow(this.page)).toEqual([]);
    expect(this.errors).toEqual([]);
  }
}
