import { createServer, type Server } from "node:http";
import { fileURLToPath } from "node:url";
import type { BrowserContext, Frame, Page } from "playwright-core";
import { build } from "vite";
import type { AuthState } from "../../src/client/index.ts";
import type { UntypedData } from "../support/clients/graphql.ts";

export interface AppOptions {
  readonly url: string;
  readonly transport: "COOKIE" | "BODY";
  readonly library: "apollo" | "urql";
  readonly tenant?: string | null;
}

/** The app in one page, or in one of its frames. */
export interface Tab {
  readonly page: Page;
  readonly state: () => Promise<AuthState>;
  readonly ready: () => Promise<AuthState>;
  readonly logIn: (identifier: string, password: string) => Promise<string>;
  readonly logOut: () => Promise<void>;
  readonly ask: (query: string, variables?: object) => Promise<UntypedData>;
  /** The address of the signed-in user, as often as requested; or the error code. */
  readonly askMany: (count: number) => Promise<string[]>;
  readonly switchTenant: (tenantId: string | null) => Promise<AuthState>;
  /** The tenant in which each query was answered; or the error code. */
  readonly askTenants: (count: number) => Promise<string[]>;
  readonly followMemberships: () => Promise<void>;
  readonly listen: () => Promise<void>;
  readonly events: () => Promise<string[]>;
  readonly endings: () => Promise<(string | number)[]>;
  /** The states that the page has shown, and when. */
  readonly changes: () => Promise<{ readonly status: AuthState["status"]; readonly at: number }[]>;
}

/** The page's script, bundled as a frontend ships it. */
const bundle = async (): Promise<string> => {
  const built = await build({
    configFile: false,
    logLevel: "error",
    define: { "process.env.NODE_ENV": '"production"' },
    build: {
      write: false,
      lib: { entry: fileURLToPath(new URL("clients.page.js", import.meta.url)), formats: ["es"] },
    },
  });
  const [output] = Array.isArray(built) ? built : [built];
  if (!output || !("output" in output)) throw new Error("Nothing was built.");
  return output.output[0].code;
};

/** A frontend on a separate port. */
export const serveApp = async (): Promise<Server> => {
  const script = await bundle();
  const server = createServer(({ url }, response) => {
    if (url === "/app.js")
      response.setHeader("content-type", "text/javascript").setHeader("cache-control", "max-age=3600").end(script);
    else
      response
        .setHeader("content-type", "text/html")
        .end('<!doctype html><body><script type="module" src="/app.js"></script>');
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
};

/** Opens another tab of a browser. */
export const openTab = async (context: BrowserContext, origin: string, options: AppOptions): Promise<Tab> => {
  const page = await context.newPage();
  await page.goto(origin);
  return openApp(page, page.mainFrame(), options);
};

/** Opens this many more instances of the app, in frames of a page. */
export const openFrames = async (page: Page, count: number, options: AppOptions): Promise<Tab[]> => {
  await page.evaluate((count) => Reflect.get(globalThis, "openFrames")(count), count);
  const frames = page.frames().filter((frame) => frame !== page.mainFrame());
  return Promise.all(frames.map((frame) => openApp(page, frame, options)));
};

const openApp = async (page: Page, frame: Frame, options: AppOptions): Promise<Tab> => {
  // The page's script has run, because the page is loaded. `waitForFunction` would evaluate Playwright's largest script in each frame.
  await frame.evaluate((options) => Reflect.get(globalThis, "openApp")(options), options);
  const run = (name: string, ...args: unknown[]): Promise<UntypedData> =>
    frame.evaluate(([name, args]) => Reflect.get(globalThis, "app")[name](...args), [name, args] as const);
  const read = (name: string): Promise<UntypedData> =>
    frame.evaluate((name) => Reflect.get(globalThis, "app")[name], name);
  return {
    page,
    state: () => run("state"),
    ready: () => run("ready"),
    logIn: (identifier, password) => run("logIn", identifier, password),
    logOut: () => run("logOut"),
    ask: (query, variables) => run("ask", query, variables),
    askMany: (count) => run("askMany", count),
    switchTenant: (tenantId) => run("switchTenant", tenantId),
    askTenants: (count) => run("askTenants", count),
    followMemberships: () => run("followMemberships"),
    listen: () => run("listen"),
    events: () => read("events"),
    endings: () => read("endings"),
    changes: () => read("changes"),
  };
};
