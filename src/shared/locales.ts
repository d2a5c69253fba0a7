/** The languages that users see. The first one is the fallback. */
export const LOCALES = ["en", "de", "ar"] as const;

export type Locale = (typeof LOCALES)[number];

export const DEFAULT_LOCALE: Locale = LOCALES[0];

export const isLocale = (tag: string): tag is Locale => (LOCALES as readonly string[]).includes(tag);

/** The supported language of a BCP 47 tag: `de-AT` is `de`; anything else, or nothing, is the default. */
export const toLocale = (tag: string | null | undefined): Locale => {
  const language = tag?.trim().split(/[-_]/)[0]?.toLowerCase() ?? "";
  return isLocale(language) ? language : DEFAULT_LOCALE;
};

/** Languages that are written from right to left; further ones are added when pages are translated into them. */
const RIGHT_TO_LEFT: ReadonlySet<string> = new Set(["ar", "fa", "ur"]);

/** The direction of a language tag's script, as the attribute `dir` of HTML names it. */
export const directionOf = (tag: string): "ltr" | "rtl" => (RIGHT_TO_LEFT.has(tag.split("-")[0] ?? "") ? "rtl" : "ltr");

/** Longer tags only contain private subtags. */
const MAX_TAG_LENGTH = 35;

/** BCP 47 reserves longer language codes, and none is registered: such a text is an ordinary word, perhaps a password. */
const MAX_LANGUAGE_LENGTH = 3;

/**
 * A language tag in its normal form (BCP 47, without extensions): `en_us`, `de-DE-u-co-phonebk` and `de_DE.UTF-8` are `en-US` and
 * `de-DE`. An invalid tag counts as the default, so that no user is rejected because of it.
 */
export const normalizeLocale = (given: string | null | undefined): string => {
  // In the form of POSIX systems, an encoding and a variant may follow.
  const [tag = ""] = (given ?? "").trim().replaceAll("_", "-").split(/[.@]/);
  try {
    const { baseName, language } = new Intl.Locale(tag);
    if (language.length > MAX_LANGUAGE_LENGTH) return DEFAULT_LOCALE;
    return baseName.length <= MAX_TAG_LENGTH ? baseName : language;
  } catch {
    return DEFAULT_LOCALE;
  }
};

/** The supported language that a browser prefers, according to its Accept-Language (RFC 9110, section 12.5.4). */
export const negotiateLocale = (acceptLanguage: string | undefined): Locale => {
  const [best] = (acceptLanguage ?? "")
    .split(",")
    .map((range) => {
      const [tag = "", ...parameters] = range.trim().split(";");
      const quality =
        parameters
          .find((parameter) => parameter.trim().startsWith("q="))
          ?.trim()
          .slice(2) ?? "1";
      return { language: tag.split("-")[0]?.toLowerCase() ?? "", quality: Number(quality) };
    })
    .filter(({ language, quality }) => quality > 0 && isLocale(language))
    .sort((one, other) => other.quality - one.quality);
  return toLocale(best?.language);
};
