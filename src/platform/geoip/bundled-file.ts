import type { Logger } from "../logging.ts";

export interface BundledFileOptions<Content> {
  /** For the log: "the list of networks". */
  readonly name: string;
  readonly path: string;
  /** Reads the file; throws if it is invalid. */
  readonly read: (path: string) => Content | Promise<Content>;
  readonly log: Logger;
}

/** What was read from each file, by path: once per process. */
const contents = new Map<string, Promise<object>>();

/** The content of a file that is installed with this program, so it never changes while the program runs. */
export class BundledFile<Content extends object> {
  #content: Content | null = null;

  constructor(private readonly options: BundledFileOptions<Content>) {}

  /** Null before it was read, and if it is unusable. */
  get content(): Content | null {
    return this.#content;
  }

  /** Reads the file. Never throws: an unusable file is logged as a warning. */
  async start(): Promise<void> {
    const { name, path, read, log } = this.options;
    const reading = (contents.get(path) as Promise<Content> | undefined) ?? Promise.resolve(path).then(read);
    contents.set(path, reading);
    try {
      this.#content = await reading;
    } catch (error) {
      contents.delete(path);
      log.warn({ path, err: error }, `${name} is unusable; continuing without it`);
    }
  }

  close(): void {}
}
