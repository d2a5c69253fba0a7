import { fstatSync, openSync, readSync } from "node:fs";
import { createLruCache } from "../lru-cache.ts";

const PAGE_BYTES = 4_096;
/** A megabyte. The first levels of a search tree, which each look-up reads, stay in it. */
const MAX_PAGES = 256;

/**
 * The bytes of a file that never changes, for readers that expect a Buffer: they are read in pages when they are used, so that a
 * file of 70 MB needs a megabyte of memory. Only for reading: by index, `length`, the `read…` methods, `subarray` and `toString`.
 *
 * @throws {Error} if the file cannot be opened
 */
export const bytesOfFile = (path: string): Buffer => {
  const file = new PagedFile(path);
  return new Proxy(NO_BYTES, {
    get(target, property) {
      if (typeof property === "symbol") return Reflect.get(target, property);
      if (property === "length") return file.length;
      if (/^\d/.test(property)) return file.slice(Number(property), Number(property) + 1)[0];
      if (property === "toString")
        return (encoding: BufferEncoding, start: number, end: number) => file.slice(start, end).toString(encoding);
      if (property === "subarray") return (start: number, end: number) => file.slice(start, end);
      if (isNumberReader(property))
        return (offset: number, bytes?: number) =>
          file.slice(offset, offset + LONGEST_NUMBER)[property](0, bytes as number);
      throw new Error(`The bytes of a file have no ${property}.`);
    },
  });
};

const NO_BYTES = Buffer.alloc(0);

const LONGEST_NUMBER = 8;
const NUMBER_READERS = [
  "readUInt8",
  "readUInt16BE",
  "readUInt32BE",
  "readInt32BE",
  "readUIntBE",
  "readFloatBE",
  "readDoubleBE",
] as const;
const isNumberReader = (name: string): name is (typeof NUMBER_READERS)[number] =>
  (NUMBER_READERS as readonly string[]).includes(name);

class PagedFile {
  readonly #descriptor: number;
  readonly #pages = createLruCache<number, Buffer>(MAX_PAGES);
  readonly length: number;

  constructor(path: string) {
    this.#descriptor = openSync(path, "r");
    this.length = fstatSync(this.#descriptor).size;
  }

  /** The bytes from `start` to before `end`, or to the end of the file. */
  slice(start: number, end: number): Buffer {
    const first = Math.floor(start / PAGE_BYTES);
    const last = Math.floor((Math.min(end, this.length) - 1) / PAGE_BYTES);
    const pages = [];
    for (let page = first; page <= last; page++) pages.push(this.#page(page));
    const [only] = pages;
    const bytes = pages.length === 1 && only ? only : Buffer.concat(pages);
    return bytes.subarray(start - first * PAGE_BYTES, end - first * PAGE_BYTES);
  }

  #page(index: number): Buffer {
    const known = this.#pages.get(index);
    if (known) return known;
    const page = Buffer.alloc(Math.min(PAGE_BYTES, this.length - index * PAGE_BYTES));
    const read = readSync(this.#descriptor, page, 0, page.length, index * PAGE_BYTES);
    if (read !== page.length) throw new Error("The file has become shorter.");
    this.#pages.set(index, page);
    return page;
  }
}
