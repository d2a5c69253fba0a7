import { randomBytes } from "node:crypto";
import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import { directionOf, isLocale, LOCALES, type Locale, negotiateLocale } from "#shared/locales";
import type { WebConfig } from "#shared/web-config";
import type { WebContent } from "./content.ts";
import { FEATURES_POLICY, LOGO_POLICY, policyOf } from "./policy.ts";
import type { VersionedContent } from "./versioned-content.ts";
import { NO_SCRIPT } from "./words.ts";

export interface WebPagesOptions extends Pick<WebConfig, "product" | "appUrl" | "supportUrl" | "returnOrigins"> {
  readonly publicUrl: string;
  /** The built pages as they are now. */
  readonly content: () => Promise<WebContent>;
  /** The paths that the shell is served at. */
  readonly paths: readonly string[];
  /** Null if the installation has none. */
  readonly logo: VersionedContent | null;
  /** CSS; empty for the colours of Portcullis. */
  readonly brandStyle: string;
}

/** The name of each language in that language. */
const LOCALE_NAMES = Object.fromEntries(
  LOCALES.map((locale) => [locale, new Intl.DisplayNames([locale], { type: "language" }).of(locale) ?? locale]),
);

/** Where the logo is served. */
export const LOGO_PATH = "/web/logo";

/**
 * The hosted pages: one shell at all their paths, which depends on the language and the settings only, and the files that it
 * loads. Everything that the pages show or change goes through the API.
 *
 * As with the link pages, mail gateways that open or submit a link change nothing: the shell acts only when a user does.
 */
export const webPages: FastifyPluginAsync<WebPagesOptions> = async (app, options) => {
  const { publicUrl, content, paths, logo, brandStyle, ...config } = options;

  const render = async (locale: Locale, nonce: string): Promise<string> => {
    const { shell, catalogues } = await content();
    const ofPage: WebConfig = {
      ...config,
      locale,
      locales: LOCALE_NAMES,
      catalogueVersion: catalogues.version,
      brand: { logo: logo && `${LOGO_PATH}?v=${logo.version}` },
      version: shell.version,
    };
    const { product } = config;
    const direction = directionOf(locale);
    const noScript = NO_SCRIPT[locale];
    return shell.render({ locale, direction, product, noScript, nonce, brandStyle, config: jsonForHtml(ofPage) });
  };

  for (const path of paths) {
    app.get(path, async (request, reply) => {
      const nonce = randomBytes(16).toString("base64url");
      const locale = localeOf(request);
      return reply
        .headers({
          "content-type": "text/html; charset=utf-8",
          "content-language": locale,
          "content-security-policy": policyOf(nonce, publicUrl),
          "permissions-policy": FEATURES_POLICY,
          "cross-origin-opener-policy": "same-origin",
          "cache-control": "no-store",
        })
        .send(await render(locale, nonce));
    });
  }

  app.get<{ Params: { locale: string; file: string } }>("/web/locales/:locale/:file", async (request, reply) => {
    const { locale, file } = request.params;
    const catalogue = (await content()).catalogues.files.get(`${locale}/${file}`);
    return catalogue ? catalogue.send(request, reply) : reply.callNotFound();
  });

  if (logo)
    app.get(LOGO_PATH, async (request, reply) =>
      logo.send(request, reply.header("content-security-policy", LOGO_POLICY)),
    );
};

/** The user's choice on an earlier page, or the best language for the browser. */
const localeOf = ({ cookies, headers }: FastifyRequest): Locale => {
  const { locale: chosen = "" } = cookies;
  return isLocale(chosen) ? chosen : negotiateLocale(headers["accept-language"]);
};

/** JSON that cannot end the element that contains it. */
const jsonForHtml = (value: unknown): string => JSON.stringify(value).replaceAll("<", "\\u003c");
