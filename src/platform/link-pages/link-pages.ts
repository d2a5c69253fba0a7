import { readFileSync } from "node:fs";
import type { FastifyPluginAsync } from "fastify";
import Handlebars from "handlebars";
import { directionOf, LOCALES, type Locale, negotiateLocale } from "#shared/locales";
import type { LinkPage } from "./page.ts";
import { WORDS } from "./words.ts";

/** Forms cannot be submitted, the page cannot be framed, and it can only connect to its own server. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

const asset = (name: string): string => readFileSync(new URL(`./assets/${name}`, import.meta.url), "utf8");

/** Compiled on first use, once per process. */
const render = Handlebars.create().compile(asset("page.html"), { strict: true });

export interface LinkPagesOptions {
  /** The name of the product for its users. */
  readonly product: string;
  /** Null: no link to the app. */
  readonly appUrl: string | null;
  /** Null: no link to help. */
  readonly supportUrl: string | null;
  readonly pages: readonly LinkPage[];
}

type Brand = Omit<LinkPagesOptions, "pages">;

/**
 * The pages behind the links in mails, for installations whose frontend does not have such pages.
 *
 * Mail gateways open links, follow them with HEAD, and submit forms. So the server only serves the same static page to every
 * client; only its script acts, and only when a user clicks.
 */
export const linkPages: FastifyPluginAsync<LinkPagesOptions> = async (app, { pages, ...brand }) => {
  const script = asset("link-page.js");
  const stylesheet = asset("link-page.css");

  app.addHook("onSend", async (_request, reply) => {
    reply.headers({
      "content-security-policy": POLICY,
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
    });
  });

  for (const page of pages) {
    const html = new Map(LOCALES.map((locale) => [locale, render(contextFor(page, locale, brand))]));
    app.get(`/${page.path}`, async (request, reply) => {
      const locale = negotiateLocale(request.headers["accept-language"]);
      return reply
        .headers({ "content-type": "text/html; charset=utf-8", "content-language": locale, vary: "accept-language" })
        .send(html.get(locale));
    });
  }
  app.get("/link-pages/link-page.js", async (_request, reply) =>
    reply.type("text/javascript; charset=utf-8").send(script),
  );
  app.get("/link-pages/link-page.css", async (_request, reply) =>
    reply.type("text/css; charset=utf-8").send(stylesheet),
  );
};

/** All values of the template; missing ones are null. */
const contextFor = (page: LinkPage, locale: Locale, brand: Brand) => {
  const { operations, status = null, earlier = null, endSession = null, choosesPassword = false } = page;
  const texts = { choosePassword: null, older: null, number: null, ...WORDS[locale], ...page.texts[locale] };
  const asksPassword = choosesPassword || texts.choosePassword !== null;
  const sent = Object.entries(operations).map(([action, { cookies = false, ...sent }]) => ({
    action,
    cookies,
    ...sent,
  }));
  const direction = directionOf(locale);
  const openApp = texts.openApp.replace("{product}", brand.product);
  const hasLinks = brand.appUrl !== null || brand.supportUrl !== null;
  return {
    ...brand,
    hasLinks,
    locale,
    direction,
    choosesPassword,
    asksPassword,
    operations: sent,
    status,
    earlier,
    endSession,
    ...texts,
    openApp,
  };
};
