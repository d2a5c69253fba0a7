import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, Page } from "playwright-core";
import type { UntypedData } from "../support/clients/graphql.ts";
import type { Ceremony } from "../support/clients/passkeys.ts";
import {
  type AuthenticatorOptions,
  addAuthenticator,
  FINGERPRINT_READER,
  type VirtualAuthenticator,
} from "./authenticator.ts";

/** A page, on a computer with Chromium's virtual authenticator. */
export interface Tab {
  readonly page: Page;
  readonly authenticator: VirtualAuthenticator;
  /** Calls a function of the page's script. */
  run(name: "ask" | "addPasskey" | "provePasskey", ...args: unknown[]): Promise<UntypedData>;
  /** Starts a separate ceremony, with options that the page has changed. */
  create(changes?: object): Ceremony;
  get(changes?: object): Ceremony;
}

const SCRIPT = new URL("passkeys.page.js", import.meta.url);

/** A page with the script of the guide, and a client that stores the login. */
const pageOf = (graphql: string): string => `<!doctype html><script type="module">
  import * as passkeys from "/passkeys.js";
  let accessToken;
  const ask = async (query, variables) => {
    const response = await fetch("${graphql}", {
      method: "POST",
      headers: { "content-type": "application/json", ...(accessToken && { authorization: "Bearer " + accessToken }) },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = await response.json();
    if (errors) throw new Error(errors[0].extensions.code);
    accessToken = (data.login ?? data.finishPasskeyLogin)?.tokens?.accessToken ?? data.reauthenticate?.accessToken ?? accessToken;
    return data;
  };
  Object.assign(window, passkeys, {
    ask,
    addPasskey: (name, enrolmentTicket) => passkeys.addPasskey(ask, name, enrolmentTicket),
    provePasskey: (loginChallenge) => passkeys.provePasskey(ask, loginChallenge),
  });
</script>`;

const answerOf = async (path: string | undefined, graphql: string): Promise<{ type: string; body: string }> =>
  path === "/passkeys.js"
    ? { type: "text/javascript", body: await readFile(SCRIPT, "utf8") }
    : { type: "text/html", body: pageOf(graphql) };

/** A frontend on a separate port, which calls this API. */
export const serveFrontend = async (graphql: string): Promise<Server> => {
  const server = createServer(async ({ url }, response) => {
    const { type, body } = await answerOf(url, graphql);
    response.setHeader("content-type", type).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
};

export const originOf = (server: Server): string => `http://localhost:${(server.address() as AddressInfo).port}`;

/** Opens the page in a separate browser profile and on a separate computer. */
export const openTab = async (
  browser: Browser,
  url: string,
  options: AuthenticatorOptions = FINGERPRINT_READER,
): Promise<Tab> => {
  const page = await (await browser.newContext()).newPage();
  // Names below .test do not resolve: Chromium loads them as https, where WebAuthn is available, without a certificate.
  await page.route(
    ({ hostname }) => hostname.endsWith(".test"),
    async (route) => {
      const { type, body } = await answerOf(new URL(route.request().url()).pathname, "");
      await route.fulfill({ contentType: type, body });
    },
  );
  const authenticator = await addAuthenticator(page, options);
  await page.goto(url);
  const call = (name: string, args: unknown[]): Promise<UntypedData> =>
    page.evaluate(([name, args]) => Reflect.get(globalThis, name)(...args), [name, args] as const);
  return {
    page,
    authenticator,
    run: (name, ...args) => call(name, args),
    create: (changes) => (publicKey) => call("createPasskey", [{ ...publicKey, ...changes }]),
    get: (changes) => (publicKey) => call("getPasskey", [{ ...publicKey, ...changes }]),
  };
};
