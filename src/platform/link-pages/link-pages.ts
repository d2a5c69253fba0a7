import { readFileSync } from "node:fs";
import type { FastifyPluginAsync } from "fastify";
import Handlebars from "handlebars";
import { LOCALES, type Locale, negotiateLocale } from "#shared/locales";
import { LINK_PAGES, type LinkPage } from "./page-texts.ts";
import { TEXTS } from "./texts.ts";

/** No form may be sent, no frame may hold the page, and it talks to nobody but us. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/** Those that may ask for a credential from before. */
const CREDENTIAL_PAGES: ReadonlySet<LinkPage> = new Set(["undo-email-change"]);

/** Those that ask for the number that a waiting client shows, and whether its device is trusted. */
const NUMBER_PAGES: ReadonlySet<LinkPage> = new Set(["confirm-login"]);

/** Those on which a password is chosen, always … */
const PASSWORD_PAGES: ReadonlySet<LinkPage> = new Set(["reset-password", "accept-invitation"]);

/** … or only if the API asks for one. */
const PERHAPS_PASSWORD_PAGES: ReadonlySet<LinkPage> = new Set(["verify-email", "activate"]);

const asset = (name: string): string => readFileSync(new URL(`./assets/${name}`, import.meta.url), "utf8");

/**
 * The pages behind the links in our mails, for installations whose frontend has none of its own.
 *
 * Mail gateways open links, follow them with HEAD, and submit forms. So the server does nothing here but serve the same
 * static page to everybody; only its script acts, and only on a click of a person.
 */
export const linkPages: FastifyPluginAsync<{ product: string }> = async (app, { product }) => {
  const render = Handlebars.create().compile(asset("page.html"), { strict: true });
  const pages = new Map(
    LINK_PAGES.flatMap((page) =>
      LOCALES.map((locale) => [`${page}/${locale}`, render(contextFor(page, locale, product))] as const),
    ),
  );
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

  for (const page of LINK_PAGES) {
    app.get(`/${page}`, async (request, reply) => {
      const locale = negotiateLocale(request.headers["accept-language"]);
      return reply
        .headers({ "content-type": "text/html; charset=utf-8", "content-language": locale, vary: "accept-language" })
        .send(pages.get(`${page}/${locale}`));
    });
  }
  app.get("/link-pages/link-page.js", async (_request, reply) =>
    reply.type("text/javascript; charset=utf-8").send(script),
  );
  app.get("/link-pages/link-page.css", async (_request, reply) =>
    reply.type("text/css; charset=utf-8").send(stylesheet),
  );
};

const contextFor = (page: LinkPage, locale: Locale, product: string) => {
  const { pages, ...common } = TEXTS[locale];
  const asksPassword = PASSWORD_PAGES.has(page);
  const mayAskPassword = asksPassword || PERHAPS_PASSWORD_PAGES.has(page);
  const asksCredential = CREDENTIAL_PAGES.has(page);
  const asks = { asksPassword, mayAskPassword, asksCredential, asksNumber: NUMBER_PAGES.has(page) };
  return { locale, product, ...asks, ...common, ...pages[page] };
};
