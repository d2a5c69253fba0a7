import { fileURLToPath } from "node:url";
import type { Logger } from "../logging.ts";
import { BundledFile } from "./bundled-file.ts";
import { NetworkSet } from "./network-set.ts";
import { WatchedFile } from "./watched-file.ts";

const BUNDLED = fileURLToPath(new URL("data/anonymous-networks.txt", import.meta.url));

export interface NetworksOptions {
  /** A list in the place of the one that comes along. */
  readonly file?: string | undefined;
  readonly log: Logger;
  readonly lookEvery?: number | undefined;
}

/**
 * The networks whose addresses do not tell where somebody is: of hosting and VPN providers, relays and Tor. While the list
 * that the settings name cannot be used, the one that comes along is.
 */
export class Networks {
  readonly #lists: readonly (WatchedFile<NetworkSet> | BundledFile<NetworkSet>)[];

  constructor({ file, log, lookEvery }: NetworksOptions) {
    const parse = (bytes: Buffer) => NetworkSet.parse(bytes.toString());
    const name = "the list of anonymous networks";
    const bundled = new BundledFile({ name, path: BUNDLED, parse, log });
    this.#lists =
      file === undefined ? [bundled] : [new WatchedFile({ name, path: file, parse, log, lookEvery }), bundled];
  }

  /** Reads the list. Never throws. */
  async start(): Promise<void> {
    await Promise.all(this.#lists.map((list) => list.start()));
  }

  close(): void {
    for (const list of this.#lists) list.close();
  }

  /** Whether the address belongs to one of them; false for what is no address. */
  isAnonymous(ipAddress: string): boolean {
    const list = this.#lists.find(({ content }) => content !== null);
    return list?.content?.has(ipAddress) ?? false;
  }
}
