import { isIPv4 } from "node:net";

/** The types of values in a record. */
type Value = string | number | readonly Value[] | { readonly [key: string]: Value };

/** A node of the search tree: the branches for a 0 and for a 1 bit. */
type Node = [zero: Node | Leaf | null, one: Node | Leaf | null];
interface Leaf {
  readonly offset: number;
}

/** A small city database as MaxMind writes them (MaxMind DB file format 2.0): one IPv6 tree, with IPv4 in it at ::/96. */
export const mmdb = (records: Readonly<Record<string, Value>>, builtAt = new Date("2026-01-01T00:00:00Z")): Buffer => {
  const root: Node = [null, null];
  const data: Buffer[] = [];
  for (const [network, record] of Object.entries(records)) {
    const offset = data.reduce((length, { byteLength }) => length + byteLength, 0);
    insert(root, bitsOf(network), { offset });
    data.push(encode(record));
  }
  const nodes = nodesOf(root);
  const metadata = {
    node_count: nodes.length,
    record_size: 24,
    ip_version: 6,
    database_type: "GeoLite2-City",
    languages: ["en"],
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: builtAt.getTime() / 1_000,
    description: { en: "For tests" },
  };
  const marker = Buffer.concat([Buffer.from("abcdef", "hex"), Buffer.from("MaxMind.com")]);
  return Buffer.concat([treeOf(nodes), Buffer.alloc(16), ...data, marker, encode(metadata)]);
};

const bitsOf = (network: string): string => {
  const [address = "", prefix] = network.split("/");
  if (!isIPv4(address)) throw new Error("Only IPv4 networks are supported.");
  const bits = address.split(".").map((byte) => Number(byte).toString(2).padStart(8, "0"));
  return "0".repeat(96) + bits.join("").slice(0, Number(prefix ?? 32));
};

const insert = (root: Node, bits: string, leaf: Leaf): void => {
  let node = root;
  for (const [depth, bit] of [...bits].entries()) {
    const side = bit === "1" ? 1 : 0;
    if (depth === bits.length - 1) node[side] = leaf;
    else {
      const next = node[side];
      const child: Node = Array.isArray(next) ? next : [null, null];
      node[side] = child;
      node = child;
    }
  }
};

/** The root, and every node below it. */
const nodesOf = (node: Node): Node[] => [node, ...node.flatMap((side) => (Array.isArray(side) ? nodesOf(side) : []))];

const treeOf = (nodes: readonly Node[]): Buffer => {
  const numbers = new Map(nodes.map((node, number) => [node, number]));
  const pointerTo = (side: Node[0]): number => {
    if (side === null) return nodes.length;
    return Array.isArray(side) ? (numbers.get(side) ?? 0) : nodes.length + 16 + side.offset;
  };
  const tree = Buffer.alloc(nodes.length * 6);
  for (const [number, [zero, one]] of nodes.entries()) {
    tree.writeUIntBE(pointerTo(zero), number * 6, 3);
    tree.writeUIntBE(pointerTo(one), number * 6 + 3, 3);
  }
  return tree;
};

const encode = (value: Value): Buffer => {
  if (typeof value === "string") return Buffer.concat([control(2, Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === "number") return encodeNumber(value);
  if (Array.isArray(value)) return Buffer.concat([control(11, value.length), ...value.map(encode)]);
  const entries = Object.entries(value);
  return Buffer.concat([control(7, entries.length), ...entries.flat().map(encode)]);
};

/** An unsigned 32-bit integer if the value fits; otherwise a double. */
const encodeNumber = (value: number): Buffer => {
  const isUnsigned = Number.isInteger(value) && value >= 0;
  const number = Buffer.alloc(isUnsigned ? 4 : 8);
  if (isUnsigned) number.writeUInt32BE(value);
  else number.writeDoubleBE(value);
  return Buffer.concat([control(isUnsigned ? 6 : 3, number.length), number]);
};

/** The control byte before each value: its type, and its size if that is below 285. */
const control = (type: number, size: number): Buffer => {
  const [inByte, behind] = size < 29 ? [size, []] : [29, [size - 29]];
  return type < 8 ? Buffer.from([(type << 5) | inByte, ...behind]) : Buffer.from([inByte, type - 7, ...behind]);
};
