import { readFile, stat } from "node:fs/promises";
import { shortHash } from "./shell.ts";
import { VersionedContent } from "./versioned-content.ts";

type LogoType = "image/svg+xml" | "image/png" | "image/webp";

const MAX_LOGO_KIB = 256;

/** @returns the image in this file, or the reason why it cannot be the logo */
export const readLogo = async (path: string): Promise<VersionedContent | { readonly fault: string }> => {
  try {
    const { size } = await stat(path);
    if (size > MAX_LOGO_KIB * 1_024)
      return { fault: `the file has ${Math.ceil(size / 1_024)} KB; at most ${MAX_LOGO_KIB} KB are allowed` };
    const content = await readFile(path);
    const type = logoTypeOf(content);
    if (type === null) return { fault: "the file is not an SVG, PNG or WebP image" };
    return new VersionedContent(content, type, shortHash(content));
  } catch (error) {
    return { fault: `the file cannot be read (${(error as NodeJS.ErrnoException).code})` };
  }
};

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** An `svg` element in its namespace, after an XML declaration, a document type and comments. Browsers render nothing else. */
const SVG =
  /^\uFEFF?\s*(?:<\?xml[^>]*\?>\s*)?(?:(?:<!DOCTYPE\s+svg[^>[]*>|<!--[\s\S]*?-->)\s*)*<svg\s[^>]*xmlns=["']http:\/\/www\.w3\.org\/2000\/svg["']/;

/** The type of an image by its first bytes, because names of files can be wrong; null for every other kind of file. */
export const logoTypeOf = (content: Buffer): LogoType | null => {
  if (content.subarray(0, PNG.length).equals(PNG)) return "image/png";
  if (content.toString("latin1", 0, 4) === "RIFF" && content.toString("latin1", 8, 12) === "WEBP") return "image/webp";
  return SVG.test(content.toString("utf8")) ? "image/svg+xml" : null;
};
