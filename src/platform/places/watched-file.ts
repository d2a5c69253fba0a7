import { readFile, stat } from "node:fs/promises";
import type { Logger } from "../logging.ts";

/** Between two looks at the file, in milliseconds. Looking works on every file system; being told of changes does not. */
const LOOK_EVERY = 5_000;

export interface WatchedFileOptions<Content> {
  /** For the log: "the list of networks". */
  readonly name: string;
  readonly path: string;
  /** Makes of the bytes what is wanted; throws where they are no good. */
  readonly parse: (bytes: Buffer) => Content;
  readonly log: Logger;
  readonly lookEvery?: number | undefined;
}

/**
 * What a file holds, read again once it has changed and lies still. One that is absent or broken is refused with a warning,
 * and what was read before it stays in use.
 */
export class WatchedFile<Content extends object> {
  #content: Content | null = null;
  /** Of the file as it was last looked at. */
  #seen: string | null = null;
  /** Of the file as it was last read, good or bad. */
  #read: string | null = null;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(private readonly options: WatchedFileOptions<Content>) {}

  /** What the newest good version held; null where there has been none. */
  get content(): Content | null {
    return this.#content;
  }

  /** Reads the file, and looks after it from then on. Never throws. */
  async start(): Promise<void> {
    await this.#look();
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.start(), this.options.lookEvery ?? LOOK_EVERY);
    this.#timer.unref();
  }

  close(): void {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    const { name, path, parse, log } = this.options;
    // Before it is read: what somebody writes meanwhile is another version, and found by the next look.
    const version = await versionOf(path);
    const isFirst = this.#seen === null;
    // What has changed since the last look may still be being written.
    const isSettled = isFirst || version === this.#seen;
    this.#seen = version;
    if (version === this.#read || !isSettled) return;
    this.#read = version;
    try {
      this.#content = parse(await readFile(path));
      if (!isFirst) log.info({ path }, `${name} was read again: the file has changed`);
    } catch (error) {
      const instead = this.#content ? "what was read before stays in use" : "going on without it";
      log.warn({ path, err: error }, `${name} cannot be used; ${instead}`);
    }
  }
}

const versionOf = async (path: string): Promise<string> => {
  try {
    const { ino, size, mtimeMs } = await stat(path);
    return `${ino} ${size} ${mtimeMs}`;
  } catch {
    return "absent";
  }
};
