import { type BrandColors, brandPaletteOf } from "./brand-colors.ts";
import type { HexColor } from "./contrast.ts";

/** The style sheet that replaces the brand colours of src/web/styles/tokens.css, in any order of the two. */
export const brandStyleOf = (color: HexColor): string => {
  const { light, dark } = brandPaletteOf(color);
  return `html:root{${declarationsOf(light)}}@media (prefers-color-scheme:dark){html:root{${declarationsOf(dark)}}}`;
};

const declarationsOf = ({ brand, onBrand, brandInk, brandTint }: BrandColors): string =>
  `--brand:${brand};--on-brand:${onBrand};--brand-ink:${brandInk};--brand-tint:${brandTint}`;
