import { describe, expect, it } from "vitest";
import { MAX_LOGO_BYTES, parseLogo } from "./logo-image.ts";

const dataUrl = (bytes: Buffer, type = "image/png") => `data:${type};base64,${bytes.toString("base64")}`;

/** The beginning of a PNG image of this size. */
const png = (width: number, height: number, length = 100): Buffer => {
  const bytes = Buffer.alloc(length);
  bytes.write("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "latin1");
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return bytes;
};

/** A lossless WebP image of 1 × 1 pixel, made by libwebp. */
const LOSSLESS = Buffer.from("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==", "base64");
/** A lossy one. */
const LOSSY = Buffer.from("UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA", "base64");

const extended = (width: number, height: number): Buffer => {
  const bytes = Buffer.alloc(40);
  bytes.write("RIFF\x20\0\0\0WEBPVP8X\x0a\0\0\0", "latin1");
  bytes.writeUIntLE(width - 1, 24, 3);
  bytes.writeUIntLE(height - 1, 27, 3);
  return bytes;
};

const PATH = "input.logo";

describe("a logo", () => {
  it("is a PNG or WebP image, by its content", () => {
    const image = png(320, 80);
    expect(parseLogo(dataUrl(image), PATH)).toEqual({ type: "image/png", bytes: image });
    expect(parseLogo(dataUrl(image, "image/webp"), PATH)).toEqual({ type: "image/png", bytes: image });
    for (const bytes of [LOSSLESS, LOSSY, extended(1_024, 1_024)])
      expect(parseLogo(dataUrl(bytes, "image/webp"), PATH)).toEqual({ type: "image/webp", bytes });
  });

  it("is refused in any other format, whatever the data URL says", () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');
    const html = Buffer.from(`<!doctype html>${" ".repeat(100)}`);
    const gif = Buffer.from("GIF89a\x01\0\x01\0".padEnd(64, "\0"), "latin1");
    for (const url of [
      dataUrl(svg, "image/svg+xml"),
      dataUrl(svg),
      dataUrl(html),
      dataUrl(gif),
      dataUrl(png(1, 1).subarray(0, 20)),
      dataUrl(LOSSY.subarray(0, 20)),
      "data:image/png;base64,",
      "https://example.com/logo.png",
      `data:image/png,${png(1, 1).toString("latin1")}`,
    ])
      expect(parseLogo(url, PATH), url).toEqual({ path: PATH, message: expect.stringContaining("PNG or WebP") });
  });

  it("has at most 40 KB and 1024 pixels a side", () => {
    expect(parseLogo(dataUrl(png(1, 1, MAX_LOGO_BYTES)), PATH)).toMatchObject({ type: "image/png" });
    expect(parseLogo(dataUrl(png(1, 1, MAX_LOGO_BYTES + 1)), PATH)).toMatchObject({
      message: "Use an image of at most 40 KB.",
    });
    for (const image of [png(1_025, 10), png(10, 1_025), png(0, 10), png(60_000, 60_000), extended(1_025, 1)])
      expect(parseLogo(dataUrl(image), PATH)).toMatchObject({ message: "Use an image of at most 1024 pixels a side." });
  });
});
