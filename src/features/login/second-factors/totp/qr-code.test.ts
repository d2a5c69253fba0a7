import decodeQR from "qr/decode.js";
import { describe, expect, it } from "vitest";
import { qrCodeDataUrl, qrCodeSvg } from "./qr-code.ts";
import { otpauthUrl } from "./totp-codes.ts";

const url = otpauthUrl(
  Buffer.from("12345678901234567890"),
  "Portcullis",
  "zoë.o'neil+work@a-rather-long-name.example.com",
);

/** The image in a data URL, as a browser shows it. */
const svgIn = (dataUrl: string): string => {
  const [, base64 = ""] = /^data:image\/svg\+xml;base64,([A-Za-z0-9+/]+=*)$/.exec(dataUrl) ?? [];
  return Buffer.from(base64, "base64").toString();
};

/** The dark modules as drawn by the lines of the SVG; a line covers half a unit above and below its y. */
const draw = (svg: string) => {
  const [, top = "", size = ""] = /viewBox="0 (\S+) (\d+) \2"/.exec(svg) ?? [];
  const [, lines = ""] = /<path stroke="#000" d="([^"]*)"\/>/.exec(svg) ?? [];
  const modules = Array.from({ length: Number(size) }, () => Array.from({ length: Number(size) }, () => false));
  for (const [, x, y, length] of lines.matchAll(/M(\d+) (\d+)h(\d+)/g)) {
    const row = modules[Number(y) - 0.5 - Number(top)];
    row?.fill(true, Number(x), Number(x) + Number(length));
  }
  return { modules, lines, size: Number(size) };
};

/** Black on white, `scale` pixels per module. */
const photograph = (modules: readonly (readonly boolean[])[], scale: number) => {
  const size = modules.length * scale;
  const data = new Uint8ClampedArray(size * size * 4);
  for (let pixel = 0; pixel < size * size; pixel++) {
    const [x, y] = [pixel % size, Math.floor(pixel / size)].map((at) => Math.floor(at / scale)) as [number, number];
    const shade = modules[y]?.[x] ? 0 : 255;
    data.set([shade, shade, shade, 255], pixel * 4);
  }
  return { width: size, height: size, data };
};

describe("the QR code", () => {
  it("decodes to the URL", () => {
    const { modules, lines } = draw(svgIn(qrCodeDataUrl(url)));
    // The path contains nothing else, so this test draws everything.
    expect(lines).toMatch(/^(M\d+ \d+h\d+)+$/);
    expect(decodeQR(photograph(modules, 4))).toBe(url);
  });

  it("is dark on white, with four white modules around it", () => {
    const { modules, size } = draw(qrCodeSvg(url));
    const quiet = modules.flatMap((row, y) => row.filter((_, x) => Math.min(x, y, size - 1 - x, size - 1 - y) < 4));
    expect(quiet).not.toContain(true);
    // A finder pattern starts at the end of the border: seven dark modules, and a white ring within.
    expect(modules[4]?.slice(4, 12)).toEqual([true, true, true, true, true, true, true, false]);
    expect(modules[5]?.slice(4, 12)).toEqual([true, false, false, false, false, false, true, false]);
    expect(qrCodeSvg(url)).toContain(`<path fill="#fff" d="M0-.5h${size}v${size}H0z"/>`);
  });

  it("is well-formed XML", () => {
    const svg = qrCodeSvg(url);
    const open: string[] = [];
    const tag = /<(\/?)(\w+)((?: [\w-]+="[^"<&]*")*)(\/?)>/y;
    while (tag.lastIndex < svg.length) {
      const [, end, name = "", attributes = "", empty] = tag.exec(svg) ?? expect.fail(`no tag at ${tag.lastIndex}`);
      const names = [...attributes.matchAll(/ ([\w-]+)=/g)].map(([, attribute]) => attribute);
      expect(new Set(names).size).toBe(names.length);
      if (end) expect(open.pop()).toBe(name);
      else if (!empty) open.push(name);
    }
    expect(open).toEqual([]);
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" /);
  });

  it("is small enough for a page and a response", () => {
    expect(qrCodeDataUrl(url).length).toBeLessThan(10_000);
  });
});
