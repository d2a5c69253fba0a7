import { readFile, stat } from "node:fs/promises";
import type { Logger } from "../logging.ts";

/** Time between two checks of the file. Polling works on every file system; change notifications do not. */
const POLL_INTERVAL_MS = 5_000;

export interface WatchedFileOptions<Content> {
  /** For the log: "the list of networks". */
  readonly name: string;
  readonly path: string;
  /** Parses the bytes; throws if they are invalid. */
  readonly parse: (bytes: Buffer) => Content;
  readonly log: Logger;
  readonly pollIntervalMs?: number | undefined;
}

/**
 * The content of a file, read again once it has changed and is no longer being written. If the file is missing or invalid, a
 * warning is logged, and the previous content stays in use.
 */
export class WatchedFile<Content extends object> {
  #content: Content | null = null;
  /** The version of the file at the last check. */
  #seen: string | null = null;
  /** The version of the file that was read last, valid or not. */
  #read: string | null = null;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(private readonly options: WatchedFileOptions<Content>) {}

  /** The content of the newest valid version; null before there was one. */
  get content(): Content | null {
    return this.#content;
  }

  /** Reads the file, and watches it from then on. Never throws. */
  async start(): Promise<void> {
    await this.#poll();
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.start(), this.options.pollIntervalMs ?? POLL_INTERVAL_MS);
    this.#timer.unref();
  }

  close(): void {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  async #poll(): Promise<void> {
    const { name, path, parse, log } = this.options;
    // Determined before reading: a change during reading results in another version, which the next check detects.
    const version = await versionOf(path);
    const isFirst = this.#seen === null;
    // A file that has changed since the last check may still be being written.
    const isSettled = isFirst || version === this.#seen;
    this.#seen = version;
    if (version === this.#read || !isSettled) return;
    this.#read = version;
    try {
      this.#content = parse(await readFile(path));
      if (!isFirst) log.info({ path }, `${name} was read again, because the file has changed`);
    } catch (error) {
      const instead = this.#content ? "the previous content stays in use" : "continuing without it";
      log.warn({ path, err: error }, `${name} is unusable; ${instead}`);
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
