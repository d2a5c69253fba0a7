import { describe, expect, it } from "vitest";
import { brandPaletteOf, SCHEMES, tooPaleForButtons } from "./brand-colors.ts";
import { contrastOf, type HexColor, MIN_NON_TEXT_CONTRAST, MIN_TEXT_CONTRAST } from "./contrast.ts";

/** A grid over all colours, with the extremes. */
const COLORS = ["00", "33", "66", "99", "cc", "ff"].flatMap((red, _, steps) =>
  steps.flatMap((green) => steps.map((blue): HexColor => `#${red}${green}${blue}`)),
);

describe("the colours of a brand", () => {
  it.each(["light", "dark"] as const)("can be read in the %s scheme, whatever the brand is", (name) => {
    const { surface, sunken, text } = SCHEMES[name];
    for (const color of COLORS) {
      const { brand, onBrand, brandInk, brandTint } = brandPaletteOf(color)[name];
      const contrasts = [
        [onBrand, brand],
        [brandInk, surface],
        [brandInk, sunken],
        [brandInk, brandTint],
        [text, brandTint],
      ] as const;
      for (const [one, other] of contrasts)
        expect(contrastOf(one, other), `${color}: ${one} on ${other}`).toBeGreaterThanOrEqual(MIN_TEXT_CONTRAST);
    }
  });

  it("are the brand colour itself if it is dark enough for light pages", () => {
    const { light } = brandPaletteOf("#0f6460");
    expect(light).toMatchObject({ brand: "#0f6460", onBrand: "#ffffff", brandInk: "#0f6460" });
  });

  it("keep a light brand on buttons, with black text, and use a darker one as text", () => {
    const { light } = brandPaletteOf("#ffd400");
    expect(light).toMatchObject({ brand: "#ffd400", onBrand: "#000000" });
    expect(light.brandInk).not.toBe("#ffd400");
  });

  it("make a black brand visible on dark pages", () => {
    const { dark } = brandPaletteOf("#000000");
    expect(contrastOf(dark.brand, SCHEMES.dark.surface)).toBeGreaterThanOrEqual(MIN_NON_TEXT_CONTRAST);
  });
});

describe("a button in the brand colour", () => {
  it.each(["#ffffff", "#fafafa", "#ffff00"] as const)("%s looks like a white page", (color) => {
    expect(tooPaleForButtons(color)).toBeLessThan(1.25);
  });

  it.each(["#000000", "#0f6460", "#1db954", "#ff6600", "#ffd400"] as const)("%s does not", (color) => {
    expect(tooPaleForButtons(color)).toBeNull();
  });
});
