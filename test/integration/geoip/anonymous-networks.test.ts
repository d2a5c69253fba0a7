import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Writable } from "node:stream";
import { afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { AnonymousNetworks, GeoIpDatabase } from "#platform/geoip/index";
import { createLogger } from "#platform/logging";
import { addressIn } from "../../support/factories/places.ts";
import { WAIT } from "../../support/timeouts.ts";

/** An address that Hetzner publishes as its own: it is in the bundled list, whatever a configured list contains. */
const HETZNER = "95.216.1.1";

describe("the bundled list", () => {
  let networks: AnonymousNetworks;
  beforeAll(async () => {
    networks = new AnonymousNetworks({ log: createLogger({ level: "silent" }) });
    await networks.start();
    return () => networks.close();
  });

  // Networks that these operators have had for many years.
  it.each([
    ["Amazon", "3.5.140.2"],
    ["Amazon, IPv6", "2600:1f00::1"],
    ["Hetzner", HETZNER],
    ["Hetzner, as IPv4-mapped IPv6", `::ffff:${HETZNER}`],
    ["Hetzner, IPv6", "2a01:4f8::1"],
    ["OVH", "51.68.1.1"],
    ["DigitalOcean", "165.22.1.1"],
    ["Cloudflare WARP", "104.28.1.1"],
    ["Tor exits of Stiftung Erneuerbare Freiheit", "185.220.101.1"],
  ])("contains %s", (_, address) => {
    expect(networks.isAnonymous(address)).toBe(true);
  });

  it.each([
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "127.0.0.1",
    "169.254.1.1",
    "192.0.2.1",
    "198.51.100.7",
    "203.0.113.7",
    "0.0.0.0",
    "::1",
    "fd00::1",
    "fe80::1",
    "2001:db8::1",
    "localhost",
  ])("does not contain %s, which is in no such network", (address) => {
    expect(networks.isAnonymous(address)).toBe(false);
  });

  it("does not contain the home addresses that other tests log in from", async () => {
    const places = new GeoIpDatabase({ log: createLogger({ level: "silent" }) });
    await places.start();
    for (const city of ["Kuala Lumpur, Malaysia", "Berlin, Germany", "New York, United States"] as const)
      expect(networks.isAnonymous(addressIn(city, places)), city).toBe(false);
    places.close();
  });

  it("was built from the providers listed next to it", async () => {
    const data = new URL("../../../src/platform/geoip/data/", import.meta.url);
    const lines = (await readFile(new URL("anonymous-providers.txt", data), "utf8")).split("\n").filter(Boolean);
    const providers = lines.filter((line) => !line.startsWith("#"));
    for (const line of providers) expect(line).toMatch(/^\d+ \S/);
    expect(new Set(providers.map((line) => line.split(" ")[0])).size).toBe(providers.length);
    const list = await readFile(new URL("anonymous-networks.txt", data), "utf8");
    for (const owner of ["routeviews.org", "nro.net", "db-ip.com", "creativecommons.org/licenses/by/4.0"])
      expect(list).toContain(owner);
  });
});

describe("a configured list", () => {
  let warnings: { path?: string; msg: string; err?: { message: string } }[];
  let file: string;
  let networks: AnonymousNetworks;
  beforeEach(async () => {
    warnings = [];
    const destination = new Writable({
      write(line: Buffer, _, done) {
        warnings.push(JSON.parse(line.toString()));
        done();
      },
    });
    file = join(await mkdtemp(join(inject("runDirectory"), "networks-")), "networks.txt");
    networks = new AnonymousNetworks({ file, log: createLogger({ level: "warn", destination }), pollIntervalMs: 10 });
  });
  /** Replaces the file atomically, so that no reader sees half of it. */
  const replace = async (list: string): Promise<void> => {
    await writeFile(`${file}.new`, list);
    await rename(`${file}.new`, file);
  };

  afterEach(async () => {
    networks.close();
    await rm(file, { force: true });
  });

  it("replaces the bundled one", async () => {
    await writeFile(file, "# mine\n203.0.113.0/24\n2001:db8::/32\n");
    await networks.start();
    expect(networks.isAnonymous("203.0.113.7")).toBe(true);
    expect(networks.isAnonymous("2001:db8::7")).toBe(true);
    expect(networks.isAnonymous(HETZNER)).toBe(false);
    expect(warnings).toEqual([]);
  });

  it("is read again when it is replaced", async () => {
    await writeFile(file, "203.0.113.0/24\n");
    await networks.start();
    await replace("198.51.100.0/24\n");
    await vi.waitFor(() => expect(networks.isAnonymous("198.51.100.7")).toBe(true), WAIT);
    expect(networks.isAnonymous("203.0.113.7")).toBe(false);
  });

  it("is refused if a line is not a network, and the previous list stays in use", async () => {
    await writeFile(file, "203.0.113.0/24\n");
    await networks.start();
    await replace("198.51.100.0/24\n<html>\n");
    await vi.waitFor(() => expect(warnings).toHaveLength(1), WAIT);
    expect(warnings[0]).toMatchObject({
      path: file,
      err: { message: expect.stringContaining("Line 2 is not an address") },
    });
    expect(networks.isAnonymous("203.0.113.7")).toBe(true);
    expect(networks.isAnonymous("198.51.100.7")).toBe(false);
  });

  it("is ignored in favour of the bundled one if it is missing", async () => {
    await networks.start();
    expect(warnings).toEqual([
      expect.objectContaining({
        path: file,
        msg: expect.stringContaining("the list of anonymous networks is unusable"),
      }),
    ]);
    expect(networks.isAnonymous(HETZNER)).toBe(true);
  });
});
