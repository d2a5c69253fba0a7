import { z } from "zod";
import { setting } from "#platform/setting-docs";
import { helpUrl, pageUrl, productName } from "#platform/setting-kinds";

/** The product as its users see it. */
export const BRANDING = {
  PRODUCT_NAME: setting(productName.default("Portcullis"), {
    subject: "Brand and language",
    description:
      "The name of your product: in mails, on pages, in authenticator apps and in the dialogs of passkeys. A password must not contain it. " +
      "Authenticator apps and passkeys keep the name that they were set up with.",
    example: "Acme ID",
    value: "text of up to 60 characters",
  }),
  APP_URL: setting(pageUrl.optional(), {
    subject: "Brand and language",
    description: "Your app: mails and pages link to it when there is nothing more to do here.",
    example: "https://app.example.com",
    value: "URL",
    default: "no link",
  }),
  SUPPORT_URL: setting(helpUrl.optional(), {
    subject: "Brand and language",
    description: "Where users get help: mails and pages that cannot help further link to it.",
    example: "https://www.example.com/help",
    value: "URL, or `mailto:` and an address",
    default: "no link",
  }),
  MAIL_TEMPLATES_DIR: setting(z.string().optional(), {
    subject: "Brand and language",
    description:
      "A folder with your texts of mails, which replace ours; see [branding](branding.md#mails). A text with a fault, such as an unknown variable or a missing link, prevents the start.",
    example: "/etc/portcullis/mails",
    value: "directory",
    default: "the texts of Portcullis",
  }),
  LOCALES_DIR: setting(z.string().optional(), {
    subject: "Brand and language",
    description: "A folder with your texts of the hosted pages, which replace ours; see [branding](branding.md#texts).",
    example: "/etc/portcullis/locales",
    value: "directory",
    default: "the texts of Portcullis",
  }),
};
