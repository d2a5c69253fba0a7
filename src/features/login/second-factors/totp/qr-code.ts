import { encodeQR } from "qr";

/** The white border that readers require, in modules (ISO/IEC 18004, section 5.3.8). */
const QUIET_ZONE = 4;

/** The default size of the image, in pixels per module. */
const SCALE = 4;

/**
 * The QR code of a text as an SVG for an `<img>`: black on white, also on dark pages. Adjacent dark modules of a row are one line, so
 * the SVG has a third of the size of the one that the package `qr` generates, which draws every module.
 */
export const qrCodeSvg = (text: string): string => {
  const modules = encodeQR(text, "raw", { border: QUIET_ZONE });
  const size = modules.length;
  const lines = modules.flatMap((row, y) =>
    [
      ...row
        .map((dark) => (dark ? "#" : " "))
        .join("")
        .matchAll(/#+/g),
    ].map(({ 0: run, index: x }) => `M${x} ${y}h${run.length}`),
  );
  // The view box starts half a module higher, so that a line at y covers row y.
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size * SCALE}" height="${size * SCALE}"`,
    ` viewBox="0 -.5 ${size} ${size}" shape-rendering="crispEdges">`,
    `<path fill="#fff" d="M0-.5h${size}v${size}H0z"/>`,
    `<path stroke="#000" d="${lines.join("")}"/></svg>`,
  ].join("");
};

/** The QR code as a data URL. */
export const qrCodeDataUrl = (text: string): string =>
  `data:image/svg+xml;base64,${Buffer.from(qrCodeSvg(text)).toString("base64")}`;
