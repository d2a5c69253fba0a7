import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { BrowserContext, Page } from "playwright-core";
import type { UntypedData } from "../support/clients/graphql.ts";
import { FINISH_SOCIAL_LOGIN, LINK_SOCIAL_ACCOUNT, PROVIDER } from "../support/clients/social.ts";

const GUIDE = new URL("../../docs/social-login.md", import.meta.url);

/** The script that the guide offers to frontends for copying. */
const readScript = async (): Promise<string> => {
  const section = await readFile(GUIDE, "utf8");
  const [, script] = /^```js\n([\s\S]*?)^```/m.exec(section) ?? [];
  if (script === undefined) throw new Error("The guide shows no code for social login.");
  return script;
};

/** A page with that script, and a client that stores the login until the page is left. */
const pageOf = (graphql: string, script: string): string => `<!doctype html><link rel="icon" href="data:,">
<script type="module">
  ${script}
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
    accessToken = (step?.tokens ?? data.refreshToken?.tokens ?? data.reauthenticate)?.accessToken ?? accessToken;
    return data;
  };
  const finishAtApi = (query) => ask(query, { input: takeCallback() });
  Object.assign(window, { ask, finishAtApi, leave: (provider, asApp) => goToProvider(ask, provider, asApp) });
</script>`;

/** A frontend on a separate port, which calls this API. */
export const serveFrontend = async (graphql: string): Promise<Server> => {
  const page = pageOf(graphql, await readScript());
  const server = createServer((_, response) => void response.setHeader("content-type", "text/html").end(page));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
};

export const originOf = (server: Server): string => `http://localhost:${(server.address() as AddressInfo).port}`;

/** A tab of a user's browser, at a page of the frontend. */
export class Tab {
  readonly page: Page;
  readonly #frontend: string;
  /** Console errors and uncaught errors. */
  readonly pageErrors: string[] = [];

  private constructor(page: Page, frontend: string) {
    this.page = page;
    this.#frontend = frontend;
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) this.pageErrors.push(message.text());
    });
    page.on("pageerror", (error) => this.pageErrors.push(error.message));
  }

  static async open(context: BrowserContext, frontend: string): Promise<Tab> {
    const tab = new Tab(await context.newPage(), frontend);
    await tab.page.goto(frontend);
    return tab;
  }

  /** Sends a query as the user who is signed in at the page. */
  ask(query: string, variables?: object): Promise<UntypedData> {
    return this.page.evaluate(([query, variables]) => Reflect.get(globalThis, "ask")(query, variables), [
      query,
      variables,
    ] as const);
  }

  /** Reads the callback from the page's URL, and logs in with it. */
  async finishLogin(): Promise<UntypedData> {
    return (await this.#finishAtApi(FINISH_SOCIAL_LOGIN)).finishSocialLogin;
  }

  /** Reads the callback from the page's URL, and links the account to the signed-in user. */
  async finishLinking(): Promise<UntypedData> {
    return (await this.#finishAtApi(LINK_SOCIAL_ACCOUNT)).linkSocialAccount.user;
  }

  #finishAtApi(query: string): Promise<UntypedData> {
    return this.page.evaluate((query) => Reflect.get(globalThis, "finishAtApi")(query), query);
  }

  /** Signs in again with the cookie, because the page's script lost its state when the page was left. */
  async refresh(): Promise<void> {
    await this.ask("mutation { refreshToken { tokens { accessToken } } }");
  }

  /** Goes to the provider, logs in there if necessary, and returns. @returns the URL of the callback */
  async authorizeAtProvider(subject: string, { asApp = false } = {}): Promise<string> {
    await this.leave({ asApp });
    if (!this.page.url().startsWith(this.#frontend)) await this.say(subject);
    return this.page.url();
  }

  /** Goes to the provider, and waits for its login page or for the callback. */
  async leave({ asApp = false } = {}): Promise<void> {
    const isThere = ({ pathname, searchParams }: URL) =>
      pathname.startsWith("/interaction/") || searchParams.has("code");
    const asked = this.page.evaluate(([provider, asApp]) => Reflect.get(globalThis, "leave")(provider, asApp), [
      PROVIDER,
      asApp,
    ] as const);
    // A page that was left gets no response; a refused start does.
    const left = asked.catch((error: Error) => {
      if (!error.message.includes("context was destroyed")) throw error;
    });
    await Promise.all([left, this.page.waitForURL(isThere)]);
  }

  /** Logs in at the provider as this subject, or cancels, and is redirected back. */
  async say(subject: string): Promise<void> {
    await this.page.getByRole("button", { name: subject, exact: true }).click();
    await this.page.waitForURL(`${this.#frontend}/signed-in?*`);
  }
}
