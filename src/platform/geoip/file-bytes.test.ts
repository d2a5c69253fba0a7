import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bytesOfFile } from "./file-bytes.ts";

const PAGE = 4_096;
const content = randomBytes(3 * PAGE + 100);
let folder: string;
let bytes: Buffer;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "file-bytes-"));
  const path = join(folder, "content");
  writeFileSync(path, content);
  bytes = bytesOfFile(path);
});
afterAll(() => rmSync(folder, { recursive: true }));

it("is a Buffer of the file's length", () => {
  expect(Buffer.isBuffer(bytes)).toBe(true);
  expect(bytes.length).toBe(content.length);
});

it.each([0, 1, PAGE - 5, PAGE - 3, PAGE, 3 * PAGE - 1, content.length - 8])(
  "reads the same numbers at %i, also across pages",
  (offset) => {
    for (const read of [
      "readUInt8",
      "readUInt16BE",
      "readUInt32BE",
      "readInt32BE",
      "readFloatBE",
      "readDoubleBE",
    ] as const)
      expect(bytes[read](offset), read).toEqual(content[read](offset));
    expect(bytes.readUIntBE(offset, 3)).toBe(content.readUIntBE(offset, 3));
    expect(bytes[offset]).toBe(content[offset]);
  },
);

it("reads the same ranges and texts, over any number of pages", () => {
  for (const [start, end] of [
    [10, 20],
    [PAGE - 1, PAGE + 1],
    [100, 3 * PAGE + 50],
    [content.length - 3, content.length],
  ] as const) {
    expect(bytes.subarray(start, end).equals(content.subarray(start, end))).toBe(true);
    expect(bytes.toString("latin1", start, end)).toBe(content.toString("latin1", start, end));
  }
});

it("has no byte beyond its end, and refuses to read a number there", () => {
  expect(bytes[content.length]).toBeUndefined();
  expect(() => bytes.readUInt32BE(content.length - 2)).toThrow(RangeError);
});

it("is for reading only", () => {
  expect(() => bytes.fill(0)).toThrow("no fill");
});
