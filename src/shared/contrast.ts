/** A colour as text: `#` and six hexadecimal digits. */
export type HexColor = `#${string}`;

export const isHexColor = (text: string): text is HexColor => /^#[\da-f]{6}$/i.test(text);

/** WCAG 2.2, success criterion 1.4.3 Contrast (Minimum), level AA, for text of any size. */
export const MIN_TEXT_CONTRAST = 4.5;

/** WCAG 2.2, success criterion 1.4.11 Non-text Contrast: focus rings, borders of controls and icons. */
export const MIN_NON_TEXT_CONTRAST = 3;

/** The contrast ratio of two colours, 1 to 21, in either order (WCAG 2.2, "contrast ratio"). */
export const contrastOf = (one: HexColor, other: HexColor): number => {
  const [darker = 0, lighter = 0] = [luminanceOf(one), luminanceOf(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
};

/** White or black, whichever has more contrast on this background: always 4.5 or more. */
export const textOn = (background: HexColor): HexColor =>
  contrastOf("#ffffff", background) >= contrastOf("#000000", background) ? "#ffffff" : "#000000";

/** The first colour with `share` (0 to 1) of the second one, channel by channel. */
export const mix = (base: HexColor, added: HexColor, share: number): HexColor => {
  const others = channelsOf(added);
  const mixed = channelsOf(base).map((channel, index) => channel + (others[index] ?? 0) * share - channel * share);
  return `#${mixed.map((channel) => Math.round(channel).toString(16).padStart(2, "0")).join("")}`;
};

/** Relative luminance, 0 (black) to 1 (white), of a colour in sRGB (WCAG 2.2, "relative luminance"). */
const luminanceOf = (color: HexColor): number => {
  const [red = 0, green = 0, blue = 0] = channelsOf(color).map((channel) => linear(channel / 255));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};

const linear = (channel: number): number => (channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4);

/** Red, green and blue, 0 to 255. */
const channelsOf = (color: HexColor): number[] =>
  [1, 3, 5].map((start) => Number.parseInt(color.slice(start, start + 2), 16));
