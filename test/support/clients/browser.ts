/** A cookie as a browser stores it; no script can read it here, with or without HttpOnly. */
interface Cookie {
  readonly value: string;
  readonly path: string;
  readonly httpOnly: boolean;
  readonly sameSite: string;
  readonly expires: Date | null;
}

/** One browser of one user, for requests to one API: its `fetch`, and the cookies that `fetch` receives. */
export class Browser {
  readonly #userAgent: string;
  readonly #cookies = new Map<string, Cookie>();
  /** What a developer sees in the network panel. */
  readonly network: { readonly operation: string; readonly status: number }[] = [];

  constructor(userAgent: string) {
    this.#userAgent = userAgent;
  }

  /** The current cookies, for expectations. */
  get cookies(): ReadonlyMap<string, Cookie> {
    return this.#cookies;
  }

  /** As in a page, cookies are sent and stored with `credentials: "include"` only. */
  readonly fetch: typeof globalThis.fetch = async (input, init = {}) => {
    const withCookies = init.credentials === "include";
    const headers = new Headers(init.headers);
    headers.set("user-agent", this.#userAgent);
    if (withCookies && this.#cookies.size > 0) headers.set("cookie", this.#cookieHeader());
    const response = await fetch(input, { ...init, headers });
    const { operationName: operation } = JSON.parse(String(init.body));
    this.network.push({ operation, status: response.status });
    if (withCookies) for (const line of response.headers.getSetCookie()) this.#keep(line);
    return response;
  };

  /** How often an operation of this name was sent. */
  timesSent(name: string): number {
    return this.network.filter(({ operation }) => operation === name).length;
  }

  #cookieHeader(): string {
    return [...this.#cookies].map(([name, { value }]) => `${name}=${value}`).join("; ");
  }

  /** RFC 6265bis, section 5.7: a `__Host-` cookie is Secure, has the path / and no domain; otherwise it is dropped. */
  #keep(line: string): void {
    const [pair = "", ...rest] = line.split(";").map((part) => part.trim());
    const [name = "", value = ""] = split(pair);
    const attributes = new Map(rest.map(split).map(([key = "", text = ""]) => [key.toLowerCase(), text]));
    const path = attributes.get("path") ?? "";
    const bound = attributes.has("secure") && path === "/" && !attributes.has("domain");
    if (name.startsWith("__Host-") && !bound) return;
    const expires = attributes.has("expires") ? new Date(attributes.get("expires") ?? "") : null;
    if (expires && expires.getTime() <= Date.now()) this.#cookies.delete(name);
    else {
      const sameSite = attributes.get("samesite") ?? "";
      this.#cookies.set(name, { value, path, httpOnly: attributes.has("httponly"), sameSite, expires });
    }
  }
}

const split = (pair: string): [string, string] => {
  const at = pair.indexOf("=");
  return at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
};

export const FIREFOX_ON_LINUX = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0";
export const CHROME_ON_ANDROID =
  "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36";
