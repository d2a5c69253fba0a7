import fastify from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { linkPages } from "../../../src/platform/link-pages/index.ts";

const PAGES = ["/verify-email", "/reset-password", "/undo-email-change"];
const TOKEN = 'planted"><script>canary</script>';

const app = fastify();

beforeAll(async () => {
  await app.register(linkPages, { product: "Portcullis <Test>" });
});
afterAll(() => app.close());

describe.each(PAGES)("the page %s", (page) => {
  const url = `${page}?token=${encodeURIComponent(TOKEN)}`;

  it("allows its own script and stylesheet, no form, no frame, and leaves nothing behind", async () => {
    const { statusCode, headers } = await app.inject({ url });

    expect(statusCode).toBe(200);
    expect(headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "content-security-policy":
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    });
    expect(headers["set-cookie"]).toBeUndefined();
  });

  it("is the same for every token, and has no form a scanner could submit", async () => {
    const { body } = await app.inject({ url });

    expect(body).toBe((await app.inject({ url: page })).body);
    expect(body).not.toMatch(/<form|canary|<script>|style=|\son\w+=/);
    expect(body).toContain("Portcullis &lt;Test&gt;");
  });

  it("answers HEAD without a body, and refuses POST", async () => {
    expect((await app.inject({ method: "HEAD", url })).body).toBe("");
    expect((await app.inject({ method: "POST", url })).statusCode).toBe(404);
  });

  it("names only files of ours, relative to itself, that are there", async () => {
    const { body } = await app.inject({ url });
    const files = [...body.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, file = ""]) => file);

    expect(files).toEqual(["link-pages/link-page.css", "link-pages/link-page.js"]);
    for (const file of files) {
      const { statusCode, headers } = await app.inject({ url: `/${file}` });
      expect([statusCode, headers["x-content-type-options"]]).toEqual([200, "nosniff"]);
    }
  });

  it.each([
    ["de-AT,de;q=0.9,en;q=0.8", "de"],
    ["en-US,de;q=0.5", "en"],
    ["fr,de;q=0.4,en;q=0.3", "de"],
    ["de;q=0,en", "en"],
    ["fr", "en"],
    ["*", "en"],
    [";;;q=,", "en"],
  ])("speaks the reader's language: %s", async (acceptLanguage, locale) => {
    const { body, headers } = await app.inject({ url, headers: { "accept-language": acceptLanguage } });

    expect(body).toContain(`<html lang="${locale}">`);
    expect(headers).toMatchObject({ "content-language": locale, vary: "accept-language" });
  });
});
