import { mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, inject, it } from "vitest";
import { WEB_FOLDER } from "#dev/web-build";
import { FEATURES } from "#features/index";
import { LOCALES } from "#shared/locales";
import { WEB_CONFIG_ID, type WebConfig } from "#shared/web-config";
import { WEB_PATHS } from "#shared/web-paths";
import { sharedTestApp, type TestApp } from "../../support/servers/app.ts";
import { sharedWebApp } from "../../support/servers/web.ts";

const LOGO =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><script>alert(1)</script><path d="M0 0h9v9z"/></svg>';
const LINK_PATHS = FEATURES.flatMap(({ pages }) => pages.map(({ path }) => `/${path}`));

let app: TestApp;
let locales: string;

/** A request to the app with the pages. */
const get = (path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Response> =>
  fetch(new URL(path, app.url), { method, headers });

const configIn = (html: string): WebConfig => {
  const [, json = ""] =
    new RegExp(`<script type="application/json" id="${WEB_CONFIG_ID}">(.*?)</script>`).exec(html) ?? [];
  return JSON.parse(json);
};

const configOf = async (headers?: Record<string, string>): Promise<WebConfig> =>
  configIn(await (await get("/sign-in", headers)).text());

const ourTexts = async (): Promise<Record<string, unknown>> =>
  JSON.parse(await readFile(join(WEB_FOLDER, "locales/en/common.json"), "utf8"));

beforeAll(async () => {
  const folder = await mkdtemp(join(inject("runDirectory"), "brand-"));
  locales = join(folder, "locales");
  await mkdir(join(locales, "en"), { recursive: true });
  await writeFile(join(locales, "en/common.json"), '{ "help": "Call 112" }');
  await writeFile(join(folder, "logo.svg"), LOGO);
  app = await sharedWebApp({
    PRODUCT_NAME: "Acme </script> ID",
    APP_URL: "https://app.example.com/home",
    SUPPORT_URL: "mailto:help@example.com",
    CORS_ORIGINS: "https://admin.example.com,https://app.example.com,capacitor://localhost",
    BRAND_COLOR: "#7a1fa2",
    BRAND_LOGO: join(folder, "logo.svg"),
    LOCALES_DIR: locales,
  });
});

describe("the hosted pages", () => {
  it.each([...WEB_PATHS.map((path) => path.replace("*", "some/where")), ...LINK_PATHS])(
    "are served at %s, and to HEAD without a body",
    async (path) => {
      const page = await get(path);
      expect(page.status).toBe(200);
      expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
      const html = await page.text();
      expect(html).toContain('<div id="root">');
      expect(html).not.toContain("{{");
      const head = await get(path, {}, "HEAD");
      expect(head.status).toBe(200);
      expect(head.headers.get("content-length")).toBe(`${Buffer.byteLength(html)}`);
      expect(await head.text()).toBe("");
    },
  );

  it.each(["POST", "PUT", "PATCH", "DELETE"])("do not answer %s", async (method) => {
    for (const path of ["/sign-in", "/verify-email"]) expect((await get(path, {}, method)).status).toBe(404);
  });

  it.each([
    "/nothing",
    "/sign-ins",
    "/accounts/1",
    "/web",
    "/web/",
    "/web/nothing.js",
    "/web/assets/",
    "/web/.sources",
  ])("are not at %s", async (path) => {
    const response = await get(path);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: "NOT_FOUND" } }] });
  });

  it.each(["/web/index.html", "/web/assets/../index.html", "/web/locales/en/../../index.html", "/web/%2e%2e/main.js"])(
    "give away no file of the server by %s",
    async (path) => {
      expect((await get(path)).status).toBe(404);
    },
  );

  it("leave the paths of the API to the API", async () => {
    expect(await (await get("/livez")).json()).toEqual({ status: "up" });
    expect((await get("/.well-known/jwks.json")).headers.get("content-type")).toMatch(/json/);
    expect((await get("/graphql")).headers.get("allow")).toBe("POST");
  });

  it("load their files from this server only, which exist and are cached for ever", async () => {
    const html = await (await get("/")).text();
    const addresses = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address = ""]) => address);
    expect(addresses.length).toBeGreaterThan(1);
    for (const address of addresses) {
      expect(address).toMatch(/^\/web\//);
      const file = await get(address);
      expect(file.status, address).toBe(200);
      expect(file.headers.get("cross-origin-resource-policy")).toBe("same-origin");
      if (address.startsWith("/web/assets/"))
        expect(file.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
      // Otherwise fetch requests no-cache with it.
      const conditional = { "if-none-match": file.headers.get("etag") ?? "", "cache-control": "max-age=0" };
      const again = await get(address, conditional);
      expect(again.status).toBe(304);
    }
  });
});

describe("the policies of a page", () => {
  it("allow nothing but what this server sends, with a new nonce for each response", async () => {
    const nonces = new Set<string>();
    for (const path of ["/sign-in", "/sign-in", "/confirm-login"]) {
      const page = await get(path);
      const policy = page.headers.get("content-security-policy") ?? "";
      const [, nonce = ""] = /'nonce-([\w-]{22})'/.exec(policy) ?? [];
      nonces.add(nonce);
      expect(Object.fromEntries(policy.split("; ").map((part) => part.split(/ (.*)/)))).toEqual({
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": `'self' 'nonce-${nonce}'`,
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self' ws://portcullis.test",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
      });
      const html = await page.text();
      expect(html).toContain(`<meta property="csp-nonce" nonce="${nonce}"`);
      expect(html).toContain(`<style nonce="${nonce}">html:root{--brand:#7a1fa2;`);
      // No inline script: the only script element without an address contains data.
      expect([...html.matchAll(/<script(?![^>]*\ssrc=)[^>]*>/g)].map(([tag]) => tag)).toEqual([
        `<script type="application/json" id="${WEB_CONFIG_ID}">`,
      ]);
    }
    expect(nonces.size).toBe(3);
  });

  it("keep it out of caches, frames, other windows and Referer headers", async () => {
    const { headers } = await get("/account");
    expect(Object.fromEntries(headers)).toMatchObject({
      "cache-control": "no-store",
      "cross-origin-opener-policy": "same-origin",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
    });
    expect(headers.get("permissions-policy")).toContain("publickey-credentials-get=(self)");
    expect(headers.get("permissions-policy")).toContain("camera=()");
  });
});

describe("the configuration of a page", () => {
  it("contains the brand of the installation, and cannot end its element", async () => {
    expect(await configOf()).toEqual({
      product: "Acme </script> ID",
      locale: "en",
      locales: expect.objectContaining({ en: "English", de: "Deutsch" }),
      catalogueVersion: expect.stringMatching(/^[\w-]{12}$/),
      brand: { logo: expect.stringMatching(/^\/web\/logo\?v=[\w-]{12}$/) },
      appUrl: "https://app.example.com/home",
      supportUrl: "mailto:help@example.com",
      returnOrigins: ["https://app.example.com", "https://admin.example.com"],
      version: expect.stringMatching(/^[\w-]{12}$/),
    });
    expect(await (await get("/")).text()).toContain("<title>Acme &lt;/script&gt; ID</title>");
  });

  it.each([
    [{ "accept-language": "de-AT,en;q=0.5" }, "de"],
    [{ "accept-language": "xx" }, "en"],
    [{ "accept-language": "en", cookie: "locale=de" }, "de"],
    [{ "accept-language": "de", cookie: "locale=%22%3E%3Cscript%3E" }, "de"],
    [{ "accept-language": "de", cookie: "locale=__proto__" }, "de"],
  ])("follows %j: %s", async (headers, locale) => {
    const page = await get("/sign-in", headers as Record<string, string>);
    expect(page.headers.get("content-language")).toBe(locale);
    const html = await page.text();
    expect(html).toContain(`<html lang="${locale}" dir="ltr">`);
    expect(configIn(html).locale).toBe(locale);
  });

  it("does not contain the wildcard of CORS_ORIGINS", async () => {
    const open = await sharedWebApp({ CORS_ORIGINS: "*" });
    const html = await (await fetch(`${open.url}/sign-in`)).text();
    expect(configIn(html)).toMatchObject({ returnOrigins: [], brand: { logo: null }, appUrl: null, supportUrl: null });
    expect(html).not.toContain("<style");
  });
});

describe("the catalogues", () => {
  it("contain the operator's texts in place of ours", async () => {
    const texts = await (await get("/web/locales/en/common.json")).json();
    expect(texts).toEqual({ ...(await ourTexts()), help: "Call 112" });
  });

  it("exist for every language and namespace that was built", async () => {
    for (const locale of await readdir(join(WEB_FOLDER, "locales")))
      for (const file of await readdir(join(WEB_FOLDER, "locales", locale))) {
        const { status } = await get(`/web/locales/${locale}/${file}`);
        expect(status, `${locale}/${file}`).toBe((LOCALES as readonly string[]).includes(locale) ? 200 : 404);
      }
  });

  it("are cached for ever under their version, and otherwise asked for again", async () => {
    const { catalogueVersion } = await configOf();
    const path = "/web/locales/en/common.json";
    const current = await get(`${path}?v=${catalogueVersion}`);
    expect(current.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    for (const other of [path, `${path}?v=another`])
      expect((await get(other)).headers.get("cache-control")).toBe("no-cache");
    const etag = current.headers.get("etag") ?? "";
    const again = await get(path, { "if-none-match": `"other", ${etag}` });
    expect([again.status, await again.text()]).toEqual([304, ""]);
    expect((await get(path, { "if-none-match": '"other"' })).status).toBe(200);
  });

  it.each([
    ["br, gzip", "br"],
    ["gzip", "gzip"],
    ["br;q=0, gzip", "gzip"],
    ["identity", null],
  ])("are sent to a browser that accepts %s as %s", async (accepted, encoding) => {
    const response = await get("/web/locales/en/errors.json", { "accept-encoding": accepted });
    expect(response.headers.get("content-encoding")).toBe(encoding);
    expect(response.headers.get("vary")).toBe("accept-encoding");
    expect((await response.text()).startsWith('{"')).toBe(true);
  });
});

describe("the logo", () => {
  it("is an image that runs nothing, whatever it contains", async () => {
    const { logo } = (await configOf()).brand;
    const response = await get(logo ?? "");
    expect(response.headers.get("content-type")).toMatch(/^image\/svg\+xml/);
    expect(response.headers.get("content-security-policy")).toMatch(/^default-src 'none'.*; sandbox$/);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(response.headers.get("cache-control")).toContain("immutable");
    expect(await response.text()).toBe(LOGO);
  });
});

describe("with WEB=off", () => {
  it("the links in mails open the plain pages, and nothing else is served", async () => {
    const { url } = await sharedTestApp();
    expect(await (await fetch(`${url}/verify-email`)).text()).toContain("link-pages/link-page.js");
    for (const path of ["/", "/sign-in", "/account", "/console", "/web/icon.svg", "/web/locales/en/common.json"])
      expect((await fetch(url + path)).status, path).toBe(404);
  });
});
