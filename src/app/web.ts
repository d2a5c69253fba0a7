import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";
import { WEB_FOLDER } from "#dev/web-build";
import { type LinkPage, linkPages } from "#platform/link-pages/index";
import type { Logger } from "#platform/logging";
import {
  followBuilds,
  readLogo,
  readWebContent,
  type VersionedContent,
  type WebContent,
  webFilesIn,
  webPages,
} from "#platform/web-pages/index";
import { brandStyleOf } from "#shared/brand-style";
import { WEB_PATHS } from "#shared/web-paths";
import { ConfigError } from "./config/config-error.ts";
import type { Config } from "./config.ts";

/** The hosted pages with the settings of the installation. */
export interface Web {
  readonly content: WebContent;
  readonly logo: VersionedContent | null;
}

/**
 * Reads the built pages, the operator's texts and the logo. In development, pages that could not be built are no error.
 *
 * @throws {ConfigError} if something that the settings name cannot be used, or production lacks the pages
 */
export const openWeb = async (config: Config, log: Logger): Promise<Web | null> => {
  if (!config.web) {
    if (config.localesDir !== undefined)
      log.warn("LOCALES_DIR is not used: it replaces texts of the hosted pages, and WEB is off");
    return null;
  }
  const { logo, faults } = await openLogo(config.brandLogo);
  const content = await readWebContent(sourcesOf(config));
  faults.push(...(content?.catalogues.faults ?? []));
  if (content === null && config.production)
    faults.push(`WEB: the hosted pages are missing in ${WEB_FOLDER}; build them (npm run build), or set WEB=off`);
  if (faults.length > 0) throw new ConfigError(faults);
  if (content === null) {
    log.warn("the hosted pages are not built: serving the pages of links in mails only");
    return null;
  }
  return { content, logo };
};

const openLogo = async (path: string | undefined) => {
  const read = path === undefined ? null : await readLogo(path);
  if (read !== null && "fault" in read) return { logo: null, faults: [`BRAND_LOGO: ${read.fault}`] };
  return { logo: read, faults: [] as string[] };
};

/** Serves the hosted pages, or without them the pages of the links in mails. */
export const servePages = async (
  server: FastifyInstance,
  web: Web | null,
  config: Config,
  pages: readonly LinkPage[],
): Promise<void> => {
  const { product, production, publicUrl, brandColor, appUrl = null, supportUrl = null } = config;
  if (web === null) return void (await server.register(linkPages, { product, appUrl, supportUrl, pages }));
  const { content, logo } = web;
  await server.register(webPages, {
    product,
    publicUrl,
    content: production ? async () => content : followBuilds(content, sourcesOf(config)),
    paths: [...WEB_PATHS, ...pages.map(({ path }) => `/${path}`)],
    logo,
    brandStyle: brandColor === undefined ? "" : brandStyleOf(brandColor),
    appUrl,
    supportUrl,
    returnOrigins: returnOriginsOf(config),
  });
  await server.register(fastifyStatic, webFilesIn(WEB_FOLDER));
};

const sourcesOf = ({ localesDir }: Config) => ({ folder: WEB_FOLDER, localesDir });

/** Pages of these origins belong to the installation. `*` is for trying the API out, and names no page. */
const returnOriginsOf = ({ appUrl, corsOrigins = [] }: Config): string[] => {
  const origins = appUrl === undefined ? corsOrigins : [new URL(appUrl).origin, ...corsOrigins];
  return [...new Set(origins)].filter((origin) => /^https?:/.test(origin));
};
