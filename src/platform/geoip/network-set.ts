import { parseIpAddress } from "../ip-address.ts";

/** Addresses from `first` to `last`, as numbers of one family: IPv4 as `number`, which costs a tenth of a `bigint`. */
type Range = Ipv4Range | Ipv6Range;

interface Ipv4Range {
  readonly family: 4;
  readonly first: number;
  readonly last: number;
}

interface Ipv6Range {
  readonly family: 6;
  readonly first: bigint;
  readonly last: bigint;
}

const BITS = { 4: 32, 6: 128 } as const;

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
  private constructor(
    private readonly ipv4: readonly Ipv4Range[],
    private readonly ipv6: readonly Ipv6Range[],
  ) {}

  /**
   * Parses a list with one address, network or range per line, IPv4 or IPv6. Empty lines and text after `#` or `;` are ignored,
   * so that the lists of firewalls can be used unchanged.
   *
   * @throws {NetworkListError} for the first invalid line
   * @throws {Error} if the list is empty, because a failed download must not be accepted
   */
  static parse(list: string): NetworkSet {
    const ipv4: Ipv4Range[] = [];
    const ipv6: Ipv6Range[] = [];
    for (const [index, line] of list.split("\n").entries()) {
      const text = line.replace(/[#;].*$/, "").trim();
      if (text === "") continue;
      const range = parseNetwork(text);
      if (range === null) throw new NetworkListError(index + 1, text);
      if (range.family === 4) ipv4.push(range);
      else ipv6.push(range);
    }
    if (ipv4.length + ipv6.length === 0) throw new Error("The list contains no network.");
    return new NetworkSet(
      merge(ipv4, (address) => address + 1),
      merge(ipv6, (address) => address + 1n),
    );
  }

  /** The number of ranges after merging overlapping and adjacent ones. */
  get size(): number {
    return this.ipv4.length + this.ipv6.length;
  }

  /** Whether the address is in one of the networks; false if it is not an address. */
  has(ipAddress: string): boolean {
    const address = parseAddress(ipAddress);
    if (address === null) return false;
    const ranges: readonly Range[] = typeof address === "number" ? this.ipv4 : this.ipv6;
    let [low, high] = [0, ranges.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const range = ranges[middle];
      if (range && range.first <= address) low = middle + 1;
      else high = middle;
    }
    const candidate = ranges[low - 1];
    return candidate !== undefined && address <= candidate.last;
  }
}

const parseNetwork = (text: string): Range | null => {
  const at = text.search(/[/-]/);
  if (at < 0) return rangeOf(parseAddress(text), parseAddress(text));
  const first = parseAddress(text.slice(0, at).trimEnd());
  const to = text.slice(at + 1).trimStart();
  return text[at] === "/" ? networkOf(first, to) : rangeOf(first, parseAddress(to));
};

const networkOf = (address: number | bigint | null, prefix: string): Range | null => {
  if (address === null || !/^\d{1,3}$/.test(prefix)) return null;
  const isIpv4 = typeof address === "number";
  const hostBits = BITS[isIpv4 ? 4 : 6] - Number(prefix);
  if (hostBits < 0) return null;
  if (isIpv4) {
    const first = address - (address % 2 ** hostBits);
    return { family: 4, first, last: first + 2 ** hostBits - 1 };
  }
  const hosts = (1n << BigInt(hostBits)) - 1n;
  return { family: 6, first: address & ~hosts, last: address | hosts };
};

const rangeOf = (first: number | bigint | null, last: number | bigint | null): Range | null => {
  if (first === null || last === null || first > last) return null;
  if (typeof first === "number") return typeof last === "number" ? { family: 4, first, last } : null;
  return typeof last === "bigint" ? { family: 6, first, last } : null;
};

/** An address as a number: a `number` for IPv4, a `bigint` for IPv6. */
const parseAddress = (text: string): number | bigint | null => {
  const plain = parseDottedQuad(text);
  if (plain !== null) return plain;
  const bytes = parseIpAddress(text)?.toByteArray();
  if (bytes === undefined) return null;
  return bytes.length === 4
    ? bytes.reduce((number, byte) => number * 256 + byte, 0)
    : BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
};

/** A list has tens of thousands of plain IPv4 addresses; by regular expressions they took a fifth of the start. Null for all else. */
const parseDottedQuad = (text: string): number | null => {
  let [number, part, digits, parts] = [0, 0, 0, 1];
  for (let index = 0; index < text.length; index++) {
    const digit = text.charCodeAt(index) - 48;
    if (digit >= 0 && digit <= 9) {
      // 010 would be 8 in some programs, and 10 in others.
      if (digits > 0 && part === 0) return null;
      part = part * 10 + digit;
      digits += 1;
      if (part > 255) return null;
    } else if (text[index] === "." && digits > 0) {
      number = number * 256 + part;
      [part, digits] = [0, 0];
      parts += 1;
    } else return null;
  }
  return parts === 4 && digits > 0 ? number * 256 + part : null;
};

/** Sorts the ranges, and merges overlapping and adjacent ones. */
const merge = <Family extends Range>(
  ranges: readonly Family[],
  next: (address: Family["last"]) => Family["last"],
): Family[] => {
  const merged: Family[] = [];
  for (const range of ranges.toSorted((one, other) => (one.first < other.first ? -1 : 1))) {
    const before = merged.at(-1);
    if (before === undefined || range.first > next(before.last)) merged.push(range);
    else if (range.last > before.last) merged[merged.length - 1] = { ...before, last: range.last };
  }
  return merged;
};
