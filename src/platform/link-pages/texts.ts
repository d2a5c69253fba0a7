import type { Locale } from "#shared/locales";
import type { Texts } from "./page-texts.ts";
import { GERMAN } from "./texts.de.ts";
import { ENGLISH } from "./texts.en.ts";

/** What the pages say, in each language. */
export const TEXTS: Readonly<Record<Locale, Texts>> = { en: ENGLISH, de: GERMAN };
