import { encodeQR } from "qr";

/** The white border that readers need, in modules (ISO/IEC 18004, section 5.3.8). */
const QUIET_ZONE = 4;

/** How large the image is where the page does not say, in pixels a module. */
const SCALE = 4;

/**
 * The QR code of a text as an SVG for an `<img>`: black on white, on dark pages too. Each dark run of a row is one line,
 * a third of what the package's own SVG, which draws every module, takes.
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
  // Half a module up, so that a line at y covers row y.
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
