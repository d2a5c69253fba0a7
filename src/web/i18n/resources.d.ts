import type account from "../locales/en/account.json";
import type administration from "../locales/en/administration.json";
import type common from "../locales/en/common.json";
import type console from "../locales/en/console.json";
import type errors from "../locales/en/errors.json";
import type events from "../locales/en/events.json";
import type links from "../locales/en/links.json";
import type signIn from "../locales/en/sign-in.json";

/** Keys that do not exist are type errors. */
declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "common";
    resources: {
      account: typeof account;
      administration: typeof administration;
      common: typeof common;
      console: typeof console;
      errors: typeof errors;
      events: typeof events;
      links: typeof links;
      "sign-in": typeof signIn;
    };
  }
}
