import { contrastOf, type HexColor, MIN_NON_TEXT_CONTRAST, MIN_TEXT_CONTRAST, mix, textOn } from "./contrast.ts";

/** The colours of the hosted pages that depend on the brand, in one colour scheme. */
export interface BrandColors {
  /** The fill of primary buttons. */
  readonly brand: HexColor;
  /** Text on `brand`. */
  readonly onBrand: HexColor;
  /** The brand as text, icon and focus ring on every background of the scheme. */
  readonly brandInk: HexColor;
  /** A faint background, for the text of the scheme. */
  readonly brandTint: HexColor;
}

export interface BrandPalette {
  readonly light: BrandColors;
  readonly dark: BrandColors;
}

/** The colours of src/web/styles/tokens.css that the brand is seen with. */
interface Scheme {
  readonly surface: HexColor;
  /** The background with the least contrast to `text`. */
  readonly sunken: HexColor;
  readonly text: HexColor;
  /** Colours are moved towards this one until their contrast suffices. */
  readonly extreme: HexColor;
  /** The share of the brand in the faint background. */
  readonly tint: number;
}

export const SCHEMES = {
  light: { surface: "#ffffff", sunken: "#eef1f4", text: "#16202b", extreme: "#000000", tint: 0.11 },
  dark: { surface: "#161e26", sunken: "#1d2731", text: "#e8edf2", extreme: "#ffffff", tint: 0.2 },
} as const satisfies Record<"light" | "dark", Scheme>;

/**
 * A button that differs less from the page would not be seen as one. WCAG 2.2 requires no contrast between a button and the page
 * if its text has enough (understanding 1.4.11), so this limit is ours: it refuses white and the palest tints only.
 */
const MIN_FILL_CONTRAST = 1.25;

/** The contrast of a brand colour with the light page, if it is too low for buttons; else null. */
export const tooPaleForButtons = (color: HexColor): number | null => {
  const contrast = contrastOf(color, SCHEMES.light.surface);
  return contrast < MIN_FILL_CONTRAST ? contrast : null;
};

/**
 * The colours that follow from one brand colour. In the light scheme it is the fill of buttons, unchanged; the other colours have
 * its hue, and are darker or lighter so that texts have a contrast of 4.5 (WCAG 2.2, 1.4.3).
 */
export const brandPaletteOf = (color: HexColor): BrandPalette => ({
  light: colorsIn(SCHEMES.light, color),
  dark: colorsIn(SCHEMES.dark, moved(color, SCHEMES.dark.extreme, [[SCHEMES.dark.surface, MIN_NON_TEXT_CONTRAST]])),
});

const colorsIn = ({ surface, sunken, text, extreme, tint }: Scheme, brand: HexColor): BrandColors => {
  const brandTint = moved(mix(surface, brand, tint), surface, [[text, MIN_TEXT_CONTRAST]]);
  const backgrounds = [surface, sunken, brandTint].map((each): Needed => [each, MIN_TEXT_CONTRAST]);
  return { brand, onBrand: textOn(brand), brandInk: moved(brand, extreme, backgrounds), brandTint };
};

/** Another colour, and the contrast to it that is needed. */
type Needed = readonly [other: HexColor, contrast: number];

const STEP = 0.02;

/** The colour itself if its contrasts suffice; else the nearest mixture with `target` that does. */
const moved = (color: HexColor, target: HexColor, needed: readonly Needed[]): HexColor => {
  const suffices = (candidate: HexColor) =>
    needed.every(([other, contrast]) => contrastOf(candidate, other) >= contrast);
  for (let share = 0; share < 1; share += STEP) {
    const candidate = mix(color, target, share);
    if (suffices(candidate)) return candidate;
  }
  return target;
};
