import type { Locale } from "#shared/locales";

type Forms<Category extends Intl.LDMLPluralRule> = Readonly<Record<Category, string>>;

/** `zero` is not a form of these languages, but a sentence about nothing is often another one. */
type OneOrMore = Forms<"one" | "other"> & { readonly zero?: string };

/** The forms that a text needs in each language (CLDR, plural rules). */
export interface PluralForms {
  readonly en: OneOrMore;
  readonly de: OneOrMore;
  readonly ar: Forms<Intl.LDMLPluralRule>;
}

/** A number in a mail: formatted in a text, and the choice among the texts for it. */
export class Quantity<Language extends Locale = Locale> {
  readonly #value: number;
  readonly #format: Intl.NumberFormat;

  /** `format` is that of the reader's language. */
  constructor(value: number, format: Intl.NumberFormat) {
    this.#value = value;
    this.#format = format;
  }

  toString(): string {
    return this.#format.format(this.#value);
  }

  /** The text for this number. */
  plural(forms: PluralForms[Language]): string {
    return selectForm(this.#value, this.#format.resolvedOptions().locale, forms);
  }
}

/** The form for a number; an exact one for zero comes before that of the language's rule. */
const selectForm = (value: number, language: string, forms: PluralForms[Locale]): string => {
  if (value === 0 && forms.zero !== undefined) return forms.zero;
  const category = new Intl.PluralRules(language).select(value);
  return (forms as Partial<Forms<Intl.LDMLPluralRule>>)[category] ?? forms.other;
};
