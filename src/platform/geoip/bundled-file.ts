import { readFile } from "node:fs/promises";
import type { WatchedFileOptions } from "./watched-file.ts";

export type BundledFileOptions<Content> = Omit<WatchedFileOptions<Content>, "pollIntervalMs">;

/** The parsed files, or their promises, by path: each is in memory once per process. */
const contents = new Map<string, Promise<object>>();

/** The parsed content of a file that is installed with this program, so it never changes while the program runs. */
export class BundledFile<Content extends object> {
  #content: Content | null = null;

  constructor(private readonly options: BundledFileOptions<Content>) {}

  /** Null before it was read, and if it is unusable. */
  get content(): Content | null {
    return this.#content;
  }

  /** Reads the file. Never throws: an unusable file is logged as a warning. */
  async start(): Promise<void> {
    const { name, path, parse, log } = this.options;
    const read = (contents.get(path) as Promise<Content> | undefined) ?? readFile(path).then(parse);
    contents.set(path, read);
    try {
      this.#content = await read;
    } catch (error) {
      contents.delete(path);
      log.warn({ path, err: error }, `${name} is unusable; continuing without it`);
    }
  }

  close(): void {}
}
