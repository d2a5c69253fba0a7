import { readFile } from "node:fs/promises";
import type { Logger } from "../logging.ts";

export interface BundledFileOptions<Content> {
  /** For the log: "the list of networks". */
  readonly name: string;
  readonly path: string;
  /** Makes of the bytes what is wanted; throws where they are no good. */
  readonly parse: (bytes: Buffer) => Content;
  readonly log: Logger;
}

/** What is read, or being read, by its path: in memory once for a process, however many use it. */
const contents = new Map<string, Promise<object>>();

/** What a file holds that comes with this program, and so never changes while it runs. */
export class BundledFile<Content extends object> {
  readonly #options: BundledFileOptions<Content>;
  #content: Content | null = null;

  constructor(options: BundledFileOptions<Content>) {
    this.#options = options;
  }

  /** Null before it was read, and where it cannot be used. */
  get content(): Content | null {
    return this.#content;
  }

  /** Reads the file. Never throws: one that cannot be used is logged as a warning. */
  async start(): Promise<void> {
    const { name, path, parse, log } = this.#options;
    const read = (contents.get(path) as Promise<Content> | undefined) ?? readFile(path).then(parse);
    contents.set(path, read);
    try {
      this.#content = await read;
    } catch (error) {
      contents.delete(path);
      log.warn({ path, err: error }, `${name} cannot be used; going on without it`);
    }
  }

  close(): void {}
}
