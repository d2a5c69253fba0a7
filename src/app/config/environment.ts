import { z } from "zod";
import { FEATURES } from "#features/index";
import type { LinkPage } from "#platform/link-pages/index";
import { setting } from "#platform/setting-docs";
import { pageUrl } from "#platform/setting-kinds";
import { ACCESS } from "./settings/access.ts";
import { BRANDING } from "./settings/branding.ts";
import { INFRASTRUCTURE } from "./settings/infrastructure.ts";
import { PROCESS } from "./settings/process.ts";
import { WEB } from "./settings/web.ts";

/** The settings that do not belong to a feature, by their names in the environment. */
const CORE = { ...PROCESS, ...INFRASTRUCTURE, ...BRANDING, ...ACCESS, ...WEB };

const pageSetting = ({ path }: LinkPage) =>
  setting(pageUrl.optional(), {
    subject: "Pages of your frontend",
    description: `The page that a link in a mail opens instead of \`/${path}\`; the token is added as \`#token=…\`.`,
    example: `https://app.example.com/#/${path}`,
    value: "URL; for a hash-routed page, including the route",
    default: `\`PUBLIC_URL\` and \`/${path}\``,
  });

const ofFeatures: z.ZodRawShape = Object.assign({}, ...FEATURES.map(({ config }) => config?.variables));
const ofPages = Object.fromEntries(
  FEATURES.flatMap(({ pages }) => pages.map((page) => [page.setting, pageSetting(page)])),
);

/** Every setting: those of the core, then those of the features in their order. */
export const Environment = z.object({ ...CORE, ...ofFeatures, ...ofPages });

/** The settings of the core after parsing. */
export type Values = z.infer<z.ZodObject<typeof CORE>>;

/** Without these, production would run with defaults that are only suitable for trying it out. */
export const REQUIRED_IN_PRODUCTION = [
  "PUBLIC_URL",
  "DATABASE_URL",
  "SMTP_URL",
  "MAIL_FROM",
  "SECRET_KEYS",
  "CORS_ORIGINS",
] as const;
