import { z } from "zod";
import { setting } from "#platform/setting-docs";
import { brandColor } from "#platform/setting-kinds";

/** The hosted pages. */
export const WEB = {
  WEB: setting(z.enum(["on", "off"]).default("on"), {
    subject: "Hosted pages",
    description:
      "Whether the server serves pages for users and admins: sign-in, account and console ([hosted pages](hosted-pages.md)). " +
      "With `off`, only the links in mails open pages here, unless you set pages of your frontend.",
    example: "off",
  }),
  BRAND_LOGO: setting(z.string().optional(), {
    subject: "Brand and language",
    description: "Your logo: an SVG, PNG or WebP image of at most 256 KB. Read when the server starts.",
    example: "/etc/portcullis/logo.svg",
    value: "path of an image",
    default: "the name of the product as text",
  }),
  BRAND_COLOR: setting(brandColor.optional(), {
    subject: "Brand and language",
    description:
      "The colour of your brand, for buttons and links. Shades for text, and for dark pages, follow from it, so that all texts are readable. " +
      "A colour that is nearly white prevents the start.",
    example: "#0f6460",
    value: "colour (`#rrggbb`)",
    default: "the colours of Portcullis",
  }),
};
