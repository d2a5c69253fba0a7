import { readFileSync } from "node:fs";
import fastify from "fastify";
import { buildSchema, parse, validate } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FEATURES } from "#features/index";
import { linkPages } from "#platform/link-pages/index";
import { HOUR } from "#shared/durations";
import { LOCALES } from "#shared/locales";
import { LINK_PURPOSES } from "../../support/factories/links.ts";

const PAGES = [
  ["/verify-email", ["verifyEmail"]],
  ["/confirm-email-change", ["confirmEmailChange"]],
  ["/reset-password", ["resetPassword"]],
  ["/undo-email-change", ["keepEmailChange", "undoEmailChange"]],
  ["/confirm-login", ["confirmLogin", "denyLogin"]],
  ["/deny-login", ["denyLogin"]],
  ["/cancel-factor-reset", ["cancelFactorReset"]],
  ["/accept-invitation", ["acceptInvitation"]],
  ["/activate", ["verifyEmail"]],
] as const;
const LINK_PAGES = FEATURES.flatMap((feature) => feature.pages);

/** Operations other than those of the buttons. */
const HELPERS = ["status", "earlier", "endSession"];
const TOKEN = 'planted"><script>canary</script>';

const app = fastify();

beforeAll(async () => {
  await app.register(linkPages, { product: "Portcullis <Test>", appUrl: null, supportUrl: null, pages: LINK_PAGES });
});
afterAll(() => app.close());

describe.each(PAGES)("the page %s", (page, actions) => {
  const url = `${page}?token=${encodeURIComponent(TOKEN)}`;

  it("allows its own script and stylesheet, no form, no frame, and sets no cookie", async () => {
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

  it.each(LOCALES)("has a button and a success message for each action, in %s", async (locale) => {
    const { body } = await app.inject({ url, headers: { "accept-language": locale } });
    const buttons = [...body.matchAll(/<button type="button" data-action="(\w+)">(.+)<\/button>/g)];

    expect(body.match(/<button/g)).toHaveLength(actions.length);
    expect(buttons.map(([, action]) => action)).toEqual(actions);
    for (const action of actions) expect(body).toMatch(new RegExp(`<p data-text="${action}">.+</p>`));
  });

  it("answers HEAD without a body, and refuses POST", async () => {
    expect((await app.inject({ method: "HEAD", url })).body).toBe("");
    expect((await app.inject({ method: "POST", url })).statusCode).toBe(404);
  });

  it("refers only to files of this server, by relative paths, that exist", async () => {
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
    ["ar-EG,en;q=0.8", "ar"],
    ["*", "en"],
    [";;;q=,", "en"],
  ])("uses the reader's language: %s", async (acceptLanguage, locale) => {
    const { body, headers } = await app.inject({ url, headers: { "accept-language": acceptLanguage } });

    expect(body).toContain(`<html lang="${locale}" dir="${locale === "ar" ? "rtl" : "ltr"}">`);
    expect(headers).toMatchObject({ "content-language": locale, vary: "accept-language" });
  });
});

it("the pages link to the app and to help, if the operator has set them", async () => {
  const branded = fastify();
  const brand = { product: "Acme", appUrl: "https://app.example.com/?a=1&b=2", supportUrl: "mailto:help@example.com" };
  await branded.register(linkPages, { ...brand, pages: LINK_PAGES });

  const { body } = await branded.inject({ url: "/reset-password", headers: { "accept-language": "de" } });
  expect([...body.matchAll(/<a href="([^"]+)">([^<]+)<\/a>/g)].map(([, href, text]) => [href, text])).toEqual([
    ["https://app.example.com/?a&#x3D;1&amp;b&#x3D;2", "Acme öffnen"],
    ["mailto:help@example.com", "Hilfe"],
  ]);
  await branded.close();
});

it("the operations of the pages exist in the schema and belong to the buttons", async () => {
  const schema = buildSchema(readFileSync(new URL("../../../schema.graphql", import.meta.url), "utf8"));
  for (const [page, actions] of PAGES) {
    const { body } = await app.inject({ url: page });
    const operations = [...body.matchAll(/<code data-operation="(\w+)"(?: data-cookies)?>(.+)<\/code>/g)];

    expect(operations.length).toBe(body.match(/<code/g)?.length);
    for (const [, , operation = ""] of operations) expect(validate(schema, parse(operation)), operation).toEqual([]);
    const names = operations.map(([, name = ""]) => name).filter((name) => !HELPERS.includes(name));
    expect(names).toEqual(actions);
  }
});

it("this test covers every served page", () => {
  expect(LINK_PAGES.map(({ path }) => `/${path}`).sort()).toEqual(PAGES.map(([page]) => page as string).sort());
});

it("link purposes keep their names, which tokens and tables of earlier versions contain", () => {
  const pages = LINK_PAGES.map(({ path }) => path);
  for (const { name, page } of LINK_PURPOSES) expect(pages, name).toContain(page);
  expect(Object.fromEntries(LINK_PURPOSES.map(({ name, lifetime }) => [name, lifetime / HOUR]))).toEqual({
    "verify-email": 24,
    "change-email": 24,
    "undo-email-change": 72,
    "reset-password": 1,
    "confirm-login": 1,
    "deny-login": 72,
    "cancel-factor-reset": 72,
    invitation: 168,
    activate: 168,
  });
});
