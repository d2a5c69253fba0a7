import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Logger } from "../logging.ts";
import { BundledFile } from "./bundled-file.ts";
import { NetworkSet } from "./network-set.ts";
import { WatchedFile } from "./watched-file.ts";

const BUNDLED = fileURLToPath(new URL("data/anonymous-networks.txt", import.meta.url));

export interface AnonymousNetworksOptions {
  /** A list that replaces the bundled one. */
  readonly file?: string | undefined;
  readonly log: Logger;
  readonly pollIntervalMs?: number | undefined;
}

/**
 * The networks whose addresses do not reveal a user's location: those of hosting and VPN providers, relays and Tor. If the
 * configured list is unusable, the bundled one is used.
 */
export class AnonymousNetworks {
  readonly #lists: readonly (WatchedFile<NetworkSet> | BundledFile<NetworkSet>)[];

  constructor({ file, log, pollIntervalMs }: AnonymousNetworksOptions) {
    const parse = (bytes: Buffer) => NetworkSet.parse(bytes.toString());
    const name = "the list of anonymous networks";
    const bundled = new BundledFile({ name, path: BUNDLED, read: async (path) => parse(await readFile(path)), log });
    this.#lists =
      file === undefined ? [bundled] : [new WatchedFile({ name, path: file, parse, log, pollIntervalMs }), bundled];
  }

  /** Reads the list. Never throws. */
  async start(): Promise<void> {
    await Promise.all(this.#lists.map((list) => list.start()));
  }

  close(): void {
    for (const list of this.#lists) list.close();
  }

  /** Whether the address belongs to one of them; false if it is not an address. */
  isAnonymous(ipAddress: string): boolean {
    const list = this.#lists.find(({ content }) => content !== null);
    return list?.content?.has(ipAddress) ?? false;
  }
}
