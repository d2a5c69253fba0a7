import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { BrowserContext, Page } from "playwright-core";
import type { Loose } from "../support/graphql.ts";
import { PROVIDER } from "../support/social.ts";

const SCRIPT = new URL("social.page.js", import.meta.url);

/** A page with the script of the README, and a client that remembers who logged in until it is left. */
const pageOf = (graphql: string): string => `<!doctype html><link rel="icon" href="data:,"><script type="module">
  import * as social from "/social.js";
  let accessToken;
  const ask = async (query, variables) => {
    const response = await fetch("${graphql}", {
      method: "POST",
      credentials: "include",
      headers: { "content-type": "application/json", ...(accessToken && { authorization: "Bearer " + accessToken }) },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = await response.json();
    if (errors) throw new Error(errors[0].extensions.reason ?? errors[0].extensions.code);
    const step = data.login ?? data.finishSocialLogin ?? data.verifyTotp;
    accessToken = (step?.tokens ?? data.refreshToken)?.accessToken ?? accessToken;
    return data;
  };
  const withAsk = (run) => (...args) => run(ask, ...args);
  Object.assign(window, { ask }, Object.fromEntries(Object.entries(social).map(([name, run]) => [name, withAsk(run)])));
</script>`;

/** A frontend on a port of its own, which asks this API. */
export const serveFrontend = async (graphql: string): Promise<Server> => {
  const server = createServer(async ({ url }, response) => {
    const isScript = url === "/social.js";
    response
      .setHeader("content-type", isScript ? "text/javascript" : "text/html")
      .end(isScript ? await readFile(SCRIPT, "utf8") : pageOf(graphql));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
};

export const originOf = (server: Server): string => `http://localhost:${(server.address() as AddressInfo).port}`;

/** A tab of somebody's browser, at a page of the frontend. */
export class Tab {
  readonly page: Page;
  readonly #frontend: string;
  /** Console errors and uncaught ones. */
  readonly complaints: string[] = [];

  private constructor(page: Page, frontend: string) {
    this.page = page;
    this.#frontend = frontend;
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) this.complaints.push(message.text());
    });
    page.on("pageerror", (error) => this.complaints.push(error.message));
  }

  static async open(context: BrowserContext, frontend: string): Promise<Tab> {
    const tab = new Tab(await context.newPage(), frontend);
    await tab.page.goto(frontend);
    return tab;
  }

  /** Calls a function of the page's script. */
  run(name: "ask" | "finishLogin" | "finishLinking", ...args: unknown[]): Promise<Loose> {
    return this.page.evaluate(([name, args]) => Reflect.get(globalThis, name)(...args), [name, args] as const);
  }

  /** Signed in again by the cookie: what the page's script knew was gone when it was left. */
  async refresh(): Promise<void> {
    await this.run("ask", "mutation { refreshToken { accessToken } }");
  }

  /** Goes to the provider, says there who it is where nobody knows yet, and comes back. Answers the address it came back to. */
  async visitProvider(subject: string, how: "goToProvider" | "goToProviderAsApp" = "goToProvider"): Promise<string> {
    await this.leave(how);
    if (!this.page.url().startsWith(this.#frontend)) await this.say(subject);
    return this.page.url();
  }

  /** Goes to the provider, and is there: at the page that asks who it is, or back already. */
  async leave(how: "goToProvider" | "goToProviderAsApp" = "goToProvider"): Promise<void> {
    const isThere = ({ pathname, searchParams }: URL) =>
      pathname.startsWith("/interaction/") || searchParams.has("code");
    const asked = this.page.evaluate(([how, provider]) => Reflect.get(globalThis, how)(provider), [
      how,
      PROVIDER,
    ] as const);
    // Whoever has left hears no answer; whoever may not leave does.
    const left = asked.catch((error: Error) => {
      if (!error.message.includes("context was destroyed")) throw error;
    });
    await Promise.all([left, this.page.waitForURL(isThere)]);
  }

  /** Says at the provider who it is, or nobody, and is sent back. */
  async say(subject: string): Promise<void> {
    await this.page.getByRole("button", { name: subject, exact: true }).click();
    await this.page.waitForURL(`${this.#frontend}/signed-in?*`);
  }
}
