import { describe, expect, it } from "vitest";
import { logoTypeOf } from "./logo.ts";

const SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9"/>';

describe("the type of a logo", () => {
  it.each([
    ["a PNG", Buffer.from("89504e470d0a1a0a0000000d49484452", "hex"), "image/png"],
    ["a WebP", Buffer.from("RIFF\x10\x00\x00\x00WEBPVP8L", "latin1"), "image/webp"],
    ["an SVG", Buffer.from(SVG), "image/svg+xml"],
    [
      "an SVG with a declaration, a comment and a type",
      Buffer.from(`\uFEFF<?xml version="1.0"?>\n<!-- a -->\n<!DOCTYPE svg PUBLIC "a" "b">\n${SVG}`),
      "image/svg+xml",
    ],
    [
      "an SVG with another attribute first",
      Buffer.from(SVG.replace("<svg", '<svg\n  viewBox="0 0 9 9"')),
      "image/svg+xml",
    ],
  ])("is found in the content of %s", (_, content, type) => {
    expect(logoTypeOf(content)).toBe(type);
  });

  it.each([
    ["nothing", ""],
    ["a page", `<!doctype html><body>${SVG}</body>`],
    ["an SVG without its namespace, which browsers do not show", "<svg/>"],
    ["an SVG with entities", `<!DOCTYPE svg [<!ENTITY a "b">]>${SVG}`],
    ["another RIFF file", "RIFF0000WAVE"],
    ["a GIF", "GIF89a"],
    ["a JPEG", "\xff\xd8\xff\xe0"],
  ])("is unknown for %s", (_, content) => {
    expect(logoTypeOf(Buffer.from(content, "latin1"))).toBeNull();
  });
});
