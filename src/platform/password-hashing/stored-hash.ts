import { type Argon2Parameters, HASH_BYTES, SALT_BYTES } from "./argon2.ts";

/** A parsed hash. */
export type StoredHash = StoredArgon2 | StoredBcrypt;

export interface StoredArgon2 extends Argon2Parameters {
  readonly kind: "argon2";
  readonly variant: "argon2id" | "argon2i" | "argon2d";
  readonly version: 16 | 19;
  readonly saltBytes: number;
  readonly hashBytes: number;
  /** The PHC string with an explicit version: strings from before version 19 omit it, and parsers differ. */
  readonly text: string;
}

export interface StoredBcrypt {
  readonly kind: "bcrypt";
  readonly cost: number;
  readonly text: string;
}

/** The cost limits for foreign hashes: an imported row must not be able to stall the service. */
export interface ForeignLimits {
  readonly memoryKiB: number;
  /** Memory × passes, to which the time is proportional. */
  readonly memoryPassesKiB: number;
  readonly parallelism: number;
  readonly bcryptCost: number;
}

/** Allows the defaults of every common library, including libsodium's MODERATE; about a second and a half of one core. */
export const DEFAULT_FOREIGN_LIMITS: ForeignLimits = {
  memoryKiB: 262_144,
  memoryPassesKiB: 1_048_576,
  parallelism: 16,
  bcryptCost: 14,
};

const ARGON2 =
  /^\$(argon2id|argon2i|argon2d)(?:\$v=(16|19))?\$(m=([1-9]\d{0,9}),t=([1-9]\d{0,9}),p=([1-9]\d{0,2}))\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;
const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;

/** The longest string that can be a hash; longer ones are not parsed. */
const MAX_TEXT_LENGTH = 255;

/** Parses a PHC string of argon2 or a bcrypt string in modular crypt format; null if it is neither. */
export const parseStoredHash = (text: string): StoredHash | null => {
  if (text.length > MAX_TEXT_LENGTH) return null;
  return parseArgon2(text) ?? parseBcrypt(text);
};

const parseArgon2 = (text: string): StoredArgon2 | null => {
  const match = ARGON2.exec(text);
  if (match === null) return null;
  const [, variant, version = "16", parameters, memory, passes, lanes, salt = "", hash = ""] = match;
  const parsed: StoredArgon2 = {
    kind: "argon2",
    variant: variant as StoredArgon2["variant"],
    version: version === "19" ? 19 : 16,
    memoryKiB: Number(memory),
    passes: Number(passes),
    parallelism: Number(lanes),
    saltBytes: base64Bytes(salt),
    hashBytes: base64Bytes(hash),
    text: `$${variant}$v=${version}$${parameters}$${salt}$${hash}`,
  };
  return isComputable(parsed) ? parsed : null;
};

const parseBcrypt = (text: string): StoredBcrypt | null => {
  const cost = Number(BCRYPT.exec(text)?.[1]);
  return cost >= 4 && cost <= 31 ? { kind: "bcrypt", cost, text } : null;
};

/**
 * The number of bytes encoded in unpadded base64; NaN if the text is not canonical, which one backend ignores and the other
 * refuses.
 */
const base64Bytes = (text: string): number => {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64").replace(/=+$/, "") === text ? bytes.length : Number.NaN;
};

const within = (value: number, from: number, to: number): boolean => value >= from && value <= to;

/** The bounds of RFC 9106 §3.1 and of the PHC string format; no backend computes hashes outside them. */
const isComputable = ({ memoryKiB, passes, parallelism, saltBytes, hashBytes }: StoredArgon2): boolean =>
  within(parallelism, 1, 255) &&
  within(memoryKiB, 8 * parallelism, 2 ** 32 - 1) &&
  within(passes, 1, 2 ** 32 - 1) &&
  within(saltBytes, 8, 48) &&
  within(hashBytes, 16, 64);

/** Whether a foreign hash is within the cost limits. */
export const isAffordable = (stored: StoredHash, limits: ForeignLimits): boolean =>
  stored.kind === "bcrypt"
    ? stored.cost <= limits.bcryptCost
    : stored.memoryKiB <= limits.memoryKiB &&
      stored.memoryKiB * stored.passes <= limits.memoryPassesKiB &&
      stored.parallelism <= limits.parallelism;

/** Whether a hash equals one created today with these parameters. */
export const isCurrent = (stored: StoredHash, parameters: Argon2Parameters): boolean =>
  stored.kind === "argon2" &&
  stored.variant === "argon2id" &&
  stored.version === 19 &&
  stored.memoryKiB === parameters.memoryKiB &&
  stored.passes === parameters.passes &&
  stored.parallelism === parameters.parallelism &&
  stored.saltBytes >= SALT_BYTES &&
  stored.hashBytes === HASH_BYTES;
