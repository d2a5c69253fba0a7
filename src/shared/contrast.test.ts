import { describe, expect, it } from "vitest";
import { contrastOf, type HexColor, isHexColor, MIN_TEXT_CONTRAST, mix, textOn } from "./contrast.ts";

describe("the contrast ratio of WCAG 2.2", () => {
  it.each([
    ["#000000", "#ffffff", 21],
    ["#ffffff", "#ffffff", 1],
    // The grey that just passes on white, and the first that does not.
    ["#767676", "#ffffff", 4.54],
    ["#777777", "#ffffff", 4.48],
    ["#ff0000", "#ffffff", 4],
    ["#0000ff", "#ffffff", 8.59],
  ] as const)("of %s and %s is %d", (one, other, ratio) => {
    expect(contrastOf(one, other)).toBeCloseTo(ratio, 2);
    expect(contrastOf(other, one)).toBe(contrastOf(one, other));
  });

  it("is enough for white or black text on every colour", () => {
    const steps = Array.from({ length: 16 }, (_, step) => (step * 17).toString(16).padStart(2, "0"));
    const colors = steps.flatMap((red) =>
      steps.flatMap((green) => steps.map((blue): HexColor => `#${red}${green}${blue}`)),
    );
    const failing = colors.filter((color) => contrastOf(textOn(color), color) < MIN_TEXT_CONTRAST);
    expect(colors).toHaveLength(4_096);
    expect(failing).toEqual([]);
  });
});

it.each([
  ["#0f6460", true],
  ["#0F6460", true],
  ["#fff", false],
  ["0f6460", false],
  ["#0f646g", false],
  ["#0f6460ff", false],
  ["teal", false],
])("%s as a colour: %s", (text, expected) => {
  expect(isHexColor(text)).toBe(expected);
});

it("a mixture has its share of each colour", () => {
  expect(mix("#000000", "#ffffff", 0)).toBe("#000000");
  expect(mix("#000000", "#ffffff", 1)).toBe("#ffffff");
  expect(mix("#102030", "#304050", 0.5)).toBe("#203040");
});
