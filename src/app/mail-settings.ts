import { readFileSync } from "node:fs";
import {
  DEFAULT_LAYOUT,
  type Mail,
  type MailBrand,
  type MailTemplates,
  readLayout,
  readMailTemplates,
} from "#platform/mail/index";
import { LOGO_PATH, logoTypeOf } from "#platform/web-pages/index";
import { type BrandColors, brandPaletteOf } from "#shared/brand-colors";
import type { HexColor } from "#shared/contrast";
import { ConfigError } from "./config/config-error.ts";
import type { Config } from "./config.ts";

/** The brand of Portcullis, as in src/web/styles/tokens.css. */
const DEFAULT_COLOR: HexColor = "#0f6460";

/**
 * The brand of mails.
 *
 * @throws {ConfigError} with the faults of the operator's layout
 */
export const mailBrandOf = (config: Config): MailBrand => {
  const { light, dark } = brandPaletteOf(config.brandColor ?? DEFAULT_COLOR);
  const colorsOf = ({ brand, onBrand, brandInk }: BrandColors) => ({
    button: brand,
    onButton: onBrand,
    link: brandInk,
  });
  return {
    product: config.product,
    appUrl: config.appUrl ?? null,
    supportUrl: config.supportUrl ?? null,
    logoUrl: isLoadableByMail(config) ? `${config.publicUrl}${LOGO_PATH}` : null,
    layout: layoutOf(config),
    colors: { light: colorsOf(light), dark: colorsOf(dark) },
  };
};

/** @throws {ConfigError} with the faults of the operator's layout */
const layoutOf = ({ mailTemplatesDir }: Config): MailBrand["layout"] => {
  if (mailTemplatesDir === undefined) return DEFAULT_LAYOUT;
  const { layout, faults } = readLayout(mailTemplatesDir);
  if (faults.length > 0) throw new ConfigError(faults.map((fault) => `MAIL_TEMPLATES_DIR: ${fault}`));
  return layout ?? DEFAULT_LAYOUT;
};

/** Mail programs load images by https only, and most of them show neither SVG nor WebP. */
const isLoadableByMail = ({ web, publicUrl, brandLogo }: Config): boolean =>
  web && publicUrl.startsWith("https:") && brandLogo !== undefined && typeOf(brandLogo) === "image/png";

/** Null if the file cannot be read, which the start of the hosted pages reports. */
const typeOf = (path: string) => {
  try {
    return logoTypeOf(readFileSync(path));
  } catch {
    return null;
  }
};

/**
 * The operator's texts of these mails.
 *
 * @throws {ConfigError} with the faults of all files
 */
export const mailTemplatesOf = ({ mailTemplatesDir }: Config, mails: readonly Mail[]): MailTemplates => {
  if (mailTemplatesDir === undefined) return new Map();
  const { templates, faults } = readMailTemplates(mailTemplatesDir, mails);
  if (faults.length > 0) throw new ConfigError(faults.map((fault) => `MAIL_TEMPLATES_DIR: ${fault}`));
  return templates;
};
