import type { FieldError } from "#shared/errors";

/** The formats of a logo. Not SVG: it can contain scripts and links, and no filter for it is certain. */
export const LOGO_TYPES = ["image/png", "image/webp"] as const;
export type LogoType = (typeof LOGO_TYPES)[number];

/** A request has at most 64 KB, and base64 adds a third. */
export const MAX_LOGO_BYTES = 40 * 1_024;

/** More pixels would take a browser's memory without looking better: a small file can contain a huge image. */
const MAX_LOGO_SIDE = 1_024;

export interface LogoImage {
  readonly type: LogoType;
  readonly bytes: Buffer;
}

const DATA_URL = /^data:image\/(?:png|webp);base64,([A-Za-z0-9+/]+={0,2})$/;

/**
 * Reads a logo from a data URL. The content of the image decides its type, whatever the URL says.
 * @returns the image, or the fault
 */
export const parseLogo = (dataUrl: string, path: string): LogoImage | FieldError => {
  const [, base64] = DATA_URL.exec(dataUrl) ?? [];
  const bytes = Buffer.from(base64 ?? "", "base64");
  if (bytes.length > MAX_LOGO_BYTES) return { path, message: `Use an image of at most ${MAX_LOGO_BYTES / 1_024} KB.` };
  const image = readPng(bytes) ?? readWebp(bytes);
  if (image === null) return { path, message: "Use a PNG or WebP image as a data URL (data:image/png;base64,…)." };
  const { type, width, height } = image;
  if (width < 1 || height < 1 || width > MAX_LOGO_SIDE || height > MAX_LOGO_SIDE)
    return { path, message: `Use an image of at most ${MAX_LOGO_SIDE} pixels a side.` };
  return { type, bytes };
};

interface Header {
  readonly type: LogoType;
  readonly width: number;
  readonly height: number;
}

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** PNG (third edition), sections 5.2 and 11.2.1: the signature, and the header chunk with the size. */
const readPng = (bytes: Buffer): Header | null => {
  const isPng =
    bytes.length > 33 && bytes.subarray(0, 8).equals(PNG_SIGNATURE) && bytes.toString("latin1", 12, 16) === "IHDR";
  return isPng ? { type: "image/png", width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) } : null;
};

/** RFC 9649: the container, and the size in its first chunk, which differs for lossy, lossless and extended files. */
const readWebp = (bytes: Buffer): Header | null => {
  const isWebp =
    bytes.length > 30 && bytes.toString("latin1", 0, 4) === "RIFF" && bytes.toString("latin1", 8, 12) === "WEBP";
  const size = isWebp ? sizeOfWebp(bytes) : null;
  return size && { type: "image/webp", ...size };
};

const sizeOfWebp = (bytes: Buffer): Pick<Header, "width" | "height"> | null => {
  switch (bytes.toString("latin1", 12, 16)) {
    case "VP8 ": // RFC 6386, section 9.1: the start code, then two sizes of 14 bits.
      return bytes.readUIntBE(23, 3) === 0x9d012a
        ? { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff }
        : null;
    case "VP8L": {
      const sizes = bytes.readUInt32LE(21);
      return bytes[20] === 0x2f ? { width: (sizes & 0x3fff) + 1, height: ((sizes >>> 14) & 0x3fff) + 1 } : null;
    }
    case "VP8X":
      return { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 };
    default:
      return null;
  }
};
