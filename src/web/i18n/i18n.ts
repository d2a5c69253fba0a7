import i18next, { type BackendModule, type ReadCallback } from "i18next";
import { initReactI18next } from "react-i18next";
import { CONFIG } from "../config.ts";

/** Loads one catalogue: ours, with the operator's texts (LOCALES_DIR) already merged by the server. */
const backend: BackendModule = {
  type: "backend",
  init: () => {},
  read: (language: string, namespace: string, callback: ReadCallback) => {
    fetch(`/web/locales/${language}/${namespace}.json?v=${CONFIG.catalogueVersion}`)
      .then((response) => {
        if (!response.ok) throw new Error(`No catalogue ${namespace} in ${language}: ${response.status}.`);
        return response.json();
      })
      .then(
        (texts) => callback(null, texts),
        (error: Error) => callback(error, null),
      );
  },
};

/** The languages that are written from right to left. */
const RIGHT_TO_LEFT = new Set(["ar"]);

export const directionOf = (locale: string): "ltr" | "rtl" =>
  RIGHT_TO_LEFT.has(locale.split("-")[0] ?? "") ? "rtl" : "ltr";

/** A choice of this browser, which the server reads from a cookie for the next page. */
const rememberLocale = (locale: string): void => {
  // biome-ignore lint/suspicious/noDocumentCookie: not a secret, and Firefox has no Cookie Store API yet.
  document.cookie = `locale=${locale}; path=/; max-age=31536000; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
};

/** Switches all texts, dates and numbers, and the direction of the page. */
export const switchLocale = async (locale: string): Promise<void> => {
  rememberLocale(locale);
  await i18next.changeLanguage(locale);
};

i18next.on("languageChanged", (locale) => {
  document.documentElement.lang = locale;
  document.documentElement.dir = directionOf(locale);
});

await i18next
  .use(backend)
  .use(initReactI18next)
  .init({
    lng: CONFIG.locale,
    // Every catalogue is complete: a test compares their keys.
    fallbackLng: false,
    ns: ["common"],
    defaultNS: "common",
    // React escapes every text.
    interpolation: { escapeValue: false, defaultVariables: { product: CONFIG.product } },
    load: "currentOnly",
    returnNull: false,
  });
