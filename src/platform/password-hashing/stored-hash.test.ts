import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_PARAMETERS } from "./argon2.ts";
import { DEFAULT_FOREIGN_LIMITS, isAffordable, isCurrent, parseStoredHash } from "./stored-hash.ts";

const SALT = "BwcHBwcHBwcHBwcHBwcHBw";
const HASH = "Lvr3bmANjFgmIc9abyvGMXK3adUKIW19U+fbBf3SfOU";
const BCRYPT = "$2b$12$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG";
const phc = ({ id = "argon2id", v = "v=19$", m = 19_456, t = 2, p = 1, salt = SALT, hash = HASH } = {}) =>
  `$${id}$${v}m=${m},t=${t},p=${p}$${salt}$${hash}`;
const parsed = (text: string) => {
  const stored = parseStoredHash(text);
  if (stored === null) throw new Error(`not a hash: ${text}`);
  return stored;
};

describe("parsing a stored hash", () => {
  it("parses the current PHC string", () => {
    expect(parseStoredHash(phc())).toEqual({
      kind: "argon2",
      variant: "argon2id",
      version: 19,
      memoryKiB: 19_456,
      passes: 2,
      parallelism: 1,
      saltBytes: 16,
      hashBytes: 32,
      text: phc(),
    });
  });

  it("adds version 16 if an old string omits the version", () => {
    expect(parseStoredHash(phc({ v: "" }))).toMatchObject({ version: 16, text: phc({ v: "v=16$" }) });
  });

  it("parses the three prefixes of bcrypt and its cost", () => {
    for (const prefix of ["$2a$", "$2b$", "$2y$"]) {
      expect(parseStoredHash(BCRYPT.replace("$2b$", prefix))).toMatchObject({ kind: "bcrypt", cost: 12 });
    }
  });

  it.each([
    ["nothing", ""],
    ["a plain password", "hunter2"],
    ["another algorithm", "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E"],
    ["an unknown version", phc({ v: "v=20$" })],
    ["no passes", phc({ t: 0 })],
    ["no lanes", phc({ p: 0 })],
    ["less memory than the lanes need", phc({ m: 15, p: 2 })],
    ["a number too large for argon2", phc({ m: 2 ** 32 })],
    ["a salt too short", phc({ salt: "c2FsdA" })],
    ["a hash too short to mean anything", phc({ hash: "c2FsdA" })],
    ["a hash too long", phc({ hash: "A".repeat(88) })],
    ["a length that base64 cannot have", phc({ hash: `${HASH}AA` })],
    ["base64 with bits to spare", phc({ hash: `${HASH.slice(0, 42)}V` })],
    ["a number with a zero before it", phc().replace("m=", "m=0")],
    ["a line break behind it", `${phc()}\n`],
    ["a NUL in it", phc({ hash: `${HASH.slice(0, 42)}\0` })],
    ["the broken prefix of 2011", BCRYPT.replace("$2b$", "$2x$")],
    ["bcrypt with an impossible cost", BCRYPT.replace("$12$", "$32$")],
    ["bcrypt cut short", BCRYPT.slice(0, -1)],
    ["a megabyte", phc({ salt: "A".repeat(1_000_000) })],
  ])("rejects %s", (_name, text) => {
    expect(parseStoredHash(text)).toBeNull();
  });

  it("never throws, whatever the column contains", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.string().map((tail) => phc() + tail),
        ),
        (text) => {
          parseStoredHash(text);
        },
      ),
    );
  });
});

describe("the evaluation of a stored hash", () => {
  it("treats only hashes with the current parameters as current", () => {
    expect(isCurrent(parsed(phc()), DEFAULT_PARAMETERS)).toBe(true);
    for (const other of [
      phc({ id: "argon2i" }),
      phc({ id: "argon2d" }),
      phc({ v: "" }),
      phc({ m: 19_457 }),
      phc({ t: 3 }),
      phc({ p: 2 }),
      phc({ salt: "c2FsdHNhbHQ" }),
      phc({ hash: "c2FsdHNhbHRzYWx0c2FsdA" }),
      BCRYPT,
    ]) {
      expect(isCurrent(parsed(other), DEFAULT_PARAMETERS), other).toBe(false);
    }
  });

  it("allows the defaults of common libraries", () => {
    const defaults = {
      "argon2 for Node": phc({ m: 65_536, t: 3, p: 4 }),
      PHP: phc({ m: 65_536, t: 4, p: 1 }),
      Django: phc({ m: 102_400, t: 2, p: 8 }),
      "libsodium, moderate": phc({ m: 262_144, t: 3, p: 1 }),
      bcrypt: BCRYPT,
    };
    for (const [name, text] of Object.entries(defaults)) {
      expect(isAffordable(parsed(text), DEFAULT_FOREIGN_LIMITS), name).toBe(true);
    }
  });

  it.each([
    ["4 GiB of memory", phc({ m: 4_194_304 })],
    ["passes without end", phc({ t: 4_294_967_295 })],
    ["much memory many times", phc({ m: 262_144, t: 5 })],
    ["a crowd of lanes", phc({ p: 17 })],
    ["bcrypt with cost 15", BCRYPT.replace("$12$", "$15$")],
  ])("does not allow %s", (_name, text) => {
    expect(isAffordable(parsed(text), DEFAULT_FOREIGN_LIMITS)).toBe(false);
  });
});
