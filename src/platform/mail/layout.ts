import { readFileSync } from "node:fs";
import Handlebars from "handlebars";
import type { Layout } from "./brand.ts";
import { escapeUrl } from "./presentation.ts";

const asset = (name: string): string => readFileSync(new URL(`./assets/${name}`, import.meta.url), "utf8");

const handlebars = Handlebars.create();
handlebars.registerPartial("content", asset("mail-content.html"));
handlebars.registerPartial("name", asset("mail-name.html").trim());

/** A layout from its source. It throws if a field is missing, and escapes every value. */
export const compileLayout = (source: string): Layout => {
  const layout = handlebars.compile(source, { strict: true });
  return ({ appUrl, supportUrl, logoUrl, ...values }) =>
    layout({
      ...values,
      appUrl: safeUrl(appUrl),
      supportUrl: safeUrl(supportUrl),
      logoUrl: safeUrl(logoUrl),
      blocks: values.blocks.map(({ button, ...block }) => ({
        ...block,
        button: button && { ...button, url: safeUrl(button.url) },
      })),
    });
};

const safeUrl = (url: string | null) => (url === null ? null : new Handlebars.SafeString(escapeUrl(url)));

/** The layout of Portcullis. */
export const DEFAULT_LAYOUT: Layout = compileLayout(asset("mail.html"));
