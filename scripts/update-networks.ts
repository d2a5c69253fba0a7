// Generates src/platform/geoip/data/anonymous-networks.txt from the list of providers and a public table of address owners: npm
// install --no-save @ip-location-db/asn && npm run networks
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { SocketAddress } from "node:net";

const TABLE = "@ip-location-db/asn";
const DATA = new URL("../src/platform/geoip/data/", import.meta.url);

/** Gaps of unannounced addresses between two networks: smaller ones are not worth another line. */
const SMALL_GAP = { 4: 2n ** 12n, 6: 2n ** 96n };

type Family = keyof typeof SMALL_GAP;

interface Range {
  readonly first: bigint;
  readonly last: bigint;
  readonly isAnonymous: boolean;
}

const providers = new Set((await readFile(new URL("anonymous-providers.txt", DATA), "utf8")).match(/^\d+/gm));
const tableFile = createRequire(import.meta.url).resolve(`${TABLE}/package.json`);
const { version } = JSON.parse(await readFile(tableFile, "utf8"));

const readTable = async (family: Family): Promise<Range[]> => {
  const csv = await readFile(tableFile.replace("package.json", `asn-ipv${family}-num.csv`), "utf8");
  return [...csv.matchAll(/^(\d+),(\d+),(\d+),/gm)]
    .map(([, first = "", last = "", system = ""]) => ({
      first: BigInt(first),
      last: BigInt(last),
      isAnonymous: providers.has(system),
    }))
    .sort((one, other) => (one.first < other.first ? -1 : 1));
};

/** The providers' networks. Neighbours are merged if no other owner is between them. */
const anonymousOnes = (table: readonly Range[], family: Family): Range[] => {
  const ranges: Range[] = [];
  let before: Range | undefined;
  for (const range of table) {
    const last = ranges.at(-1);
    if (range.isAnonymous && last && before?.isAnonymous && range.first - last.last <= SMALL_GAP[family])
      ranges[ranges.length - 1] = { ...last, last: range.last > last.last ? range.last : last.last };
    else if (range.isAnonymous) ranges.push(range);
    before = range;
  }
  return ranges;
};

const BITS = { 4: 32, 6: 128 };

/** As a network if possible, which is shorter; otherwise as a range. */
const lineOf = ({ first, last }: Range, family: Family): string => {
  const hostBits = (last - first).toString(2).length;
  const isNetwork = last - first === (1n << BigInt(hostBits)) - 1n && (first & (last - first)) === 0n;
  const from = addressOf(first, family);
  return isNetwork ? `${from}/${BITS[family] - hostBits}` : `${from}-${addressOf(last, family)}`;
};

const addressOf = (address: bigint, family: Family): string => {
  const hex = address.toString(16).padStart(family === 4 ? 8 : 32, "0");
  if (family === 4) return (hex.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)).join(".");
  return new SocketAddress({ address: (hex.match(/..../g) ?? []).join(":"), family: "ipv6" }).address;
};

const lines: string[] = [];
for (const family of [4, 6] as const)
  lines.push(...anonymousOnes(await readTable(family), family).map((range) => lineOf(range, family)));

const HEADER = `# Networks of hosting and VPN providers, relays and Tor exits: those that anonymous-providers.txt names, by the routing table of
# ${TABLE} ${version}. Made by \`npm run networks\`; do not edit.
# The table is by Route Views (https://www.routeviews.org), NRO (https://www.nro.net) and DB-IP (https://db-ip.com), under CC BY
# 4.0 (https://creativecommons.org/licenses/by/4.0/); here are parts of it, put together.
`;
await writeFile(new URL("anonymous-networks.txt", DATA), `${HEADER}${lines.join("\n")}\n`);
process.stdout.write(`${lines.length} networks of ${providers.size} providers.\n`);
