import { isV6, parseIpAddress } from "../ip-address.ts";

/** Addresses from `first` to `last`, as numbers of one family. */
interface Range {
  readonly first: bigint;
  readonly last: bigint;
}

type Family = 4 | 6;

const BITS: Readonly<Record<Family, bigint>> = { 4: 32n, 6: 128n };

/** A line of a list that is not a network. */
export class NetworkListError extends Error {
  constructor(line: number, text: string) {
    super(
      `Line ${line} is not an address, network (192.0.2.0/24) or range (192.0.2.0-192.0.2.255): ${text.slice(0, 60)}`,
    );
    this.name = "NetworkListError";
  }
}

/** Many networks, searched by binary search. */
export class NetworkSet {
  readonly #ranges: Readonly<Record<Family, readonly Range[]>>;

  private constructor(ranges: Readonly<Record<Family, readonly Range[]>>) {
    this.#ranges = ranges;
  }

  /**
   * Parses a list with one address, network or range per line, IPv4 or IPv6. Empty lines and text after `#` or `;` are ignored,
   * so that the lists of firewalls can be used unchanged.
   *
   * @throws {NetworkListError} for the first invalid line
   * @throws {Error} if the list is empty, because a failed download must not be accepted
   */
  static parse(list: string): NetworkSet {
    const ranges: Record<Family, Range[]> = { 4: [], 6: [] };
    for (const [index, line] of list.split("\n").entries()) {
      const text = line.replace(/[#;].*$/, "").trim();
      if (text === "") continue;
      const range = parseNetwork(text);
      if (range === null) throw new NetworkListError(index + 1, text);
      ranges[range.family].push(range);
    }
    if (ranges[4].length + ranges[6].length === 0) throw new Error("The list contains no network.");
    return new NetworkSet({ 4: merge(ranges[4]), 6: merge(ranges[6]) });
  }

  /** The number of ranges after merging overlapping and adjacent ones. */
  get size(): number {
    return this.#ranges[4].length + this.#ranges[6].length;
  }

  /** Whether the address is in one of the networks; false if it is not an address. */
  has(ipAddress: string): boolean {
    const address = parseAddress(ipAddress);
    if (address === null) return false;
    const ranges = this.#ranges[address.family];
    let [low, high] = [0, ranges.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const range = ranges[middle];
      if (range && range.first <= address.number) low = middle + 1;
      else high = middle;
    }
    const candidate = ranges[low - 1];
    return candidate !== undefined && address.number <= candidate.last;
  }
}

const parseNetwork = (text: string): (Range & { family: Family }) | null => {
  const [, from = "", separator, to = ""] = /^([^/-]+?)(?:\s*([/-])\s*(\S+))?$/.exec(text) ?? [];
  const first = parseAddress(from);
  if (first === null) return null;
  const { family, number } = first;
  if (separator === undefined) return { family, first: number, last: number };
  if (separator === "/") {
    if (!/^\d{1,3}$/.test(to) || BigInt(to) > BITS[family]) return null;
    const hosts = (1n << (BITS[family] - BigInt(to))) - 1n;
    return { family, first: number & ~hosts, last: number | hosts };
  }
  const last = parseAddress(to);
  return last?.family === family && number <= last.number ? { family, first: number, last: last.number } : null;
};

/** An address as a number. */
const parseAddress = (text: string): { family: Family; number: bigint } | null => {
  const address = parseIpAddress(text);
  if (address === null) return null;
  const bytes = Buffer.from(address.toByteArray());
  const [high, low] = isV6(address)
    ? [bytes.readBigUInt64BE(0), bytes.readBigUInt64BE(8)]
    : [0n, BigInt(bytes.readUInt32BE())];
  return { family: isV6(address) ? 6 : 4, number: (high << 64n) | low };
};

/** Sorts the ranges, and merges overlapping and adjacent ones. */
const merge = (ranges: readonly Range[]): Range[] => {
  const merged: Range[] = [];
  for (const range of ranges.toSorted((one, other) => (one.first < other.first ? -1 : 1))) {
    const before = merged.at(-1);
    if (before === undefined || range.first > before.last + 1n) merged.push(range);
    else if (range.last > before.last) merged[merged.length - 1] = { first: before.first, last: range.last };
  }
  return merged;
};
