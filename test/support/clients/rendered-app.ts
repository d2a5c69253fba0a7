import { ServerAuth, type ServerAuthOptions } from "../../../src/client/server/server-auth.ts";
import type { TestApp } from "../servers/app.ts";

/** An app with pages rendered on a server: one process of it. */
export class RenderedApp {
  /** The names of the operations that reached the API, in order. */
  readonly asked: string[] = [];
  /** How often the page was rendered. */
  rendered = 0;
  /** Whether the API is unavailable for this process. */
  isCutOff = false;
  readonly auth: ServerAuth;

  constructor(app: TestApp, options: Partial<ServerAuthOptions> = {}) {
    const fetchCounted: typeof fetch = async (url, init) => {
      if (this.isCutOff) throw new TypeError("fetch failed");
      const name = typeof init?.body === "string" ? JSON.parse(init.body).operationName : undefined;
      this.asked.push(name ?? new URL(String(url)).pathname);
      return fetch(url, init);
    };
    this.auth = new ServerAuth(
      { url: `${app.url}/graphql`, issuer: "http://portcullis.test", fetch: fetchCounted, ...options },
      () => app.clock.now().getTime(),
    );
  }

  /** `/graphql` is forwarded; any other path is a page that shows the user, as the token and as the API knows them. */
  readonly respond = async (request: Request): Promise<Response> =>
    new URL(request.url).pathname === "/graphql"
      ? this.auth.forward(request)
      : this.auth.handle(request, () => this.#render(request.headers));

  async #render(headers: Headers): Promise<Response> {
    this.rendered += 1;
    const session = await this.auth.session(headers);
    const { data } = session
      ? await this.auth.request(headers, { query: "query Page { me { email } }" })
      : { data: null };
    return Response.json({ session, me: data?.me ?? null });
  }

  countOf(operation: string): number {
    return this.asked.filter((name) => name === operation).length;
  }
}

interface StoredCookie {
  readonly value: string;
  readonly until: number;
  readonly attributes: readonly string[];
}

/** A browser with the cookies of one host. It follows redirects, and sends a request to one of the app's processes. */
export class CookieBrowser {
  readonly cookies = new Map<string, StoredCookie>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Sends one request and stores the cookies of its response, unless the response is lost. */
  async send(app: RenderedApp, path: string, init: RequestInit = {}, { isLost = false } = {}): Promise<Response> {
    const headers = new Headers({ "user-agent": "Browser/1.0", "sec-fetch-site": "same-origin" });
    for (const [name, value] of new Headers(init.headers)) headers.set(name, value);
    if (this.#header()) headers.set("cookie", this.#header());
    const response = await app.respond(new Request(`https://app.test${path}`, { ...init, headers, duplex: "half" }));
    if (!isLost) for (const cookie of response.headers.getSetCookie()) this.#store(cookie);
    return response;
  }

  /** Opens a page, and follows redirects like a browser. */
  async open(app: RenderedApp, path: string, init: RequestInit = {}): Promise<Response> {
    let [response, at] = [await this.send(app, path, init), path];
    for (let redirects = 0; response.status === 307; redirects++) {
      if (redirects === 20) throw new Error("Too many redirects.");
      at = response.headers.get("location") ?? at;
      response = await this.send(app, at, init);
    }
    return response;
  }

  /** Sends a GraphQL operation to the app, as its pages do. */
  async ask(app: RenderedApp, query: string, variables: object = {}): Promise<Response> {
    const body = JSON.stringify({ operationName: /\w+ (\w+)/.exec(query)?.[1], query, variables });
    return this.send(app, "/graphql", { method: "POST", headers: { "content-type": "application/json" }, body });
  }

  #header(): string {
    for (const [name, { until }] of this.cookies) if (until <= this.#now()) this.cookies.delete(name);
    return [...this.cookies].map(([name, { value }]) => `${name}=${value}`).join("; ");
  }

  #store(header: string): void {
    const [pair = "", ...attributes] = header.split("; ");
    const at = pair.indexOf("=");
    const maxAge = Number(attributes.find((one) => one.startsWith("Max-Age="))?.slice(8));
    const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
    if (maxAge > 0) this.cookies.set(name, { value, until: this.#now() + maxAge * 1_000, attributes });
    else this.cookies.delete(name);
  }
}
