import { randomBytes } from "node:crypto";
import { mkdtemp, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import nodeRs from "@node-rs/argon2";
import bcrypt from "@node-rs/bcrypt";
import argon2 from "argon2";
import fc from "fast-check";
import { beforeAll, describe, expect, inject, it } from "vitest";
import {
  type Argon2Parameters,
  type BackendPreference,
  chooseBackend,
  createPasswordHashing,
  DEFAULT_PARAMETERS,
  type ForeignLimits,
  HashingQueue,
  HashingUnknownError,
  PasswordHasher,
} from "#platform/password-hashing/index";

/** Small, so that properties can hash hundreds of times. */
const SMALL: Argon2Parameters = { memoryKiB: 64, passes: 1, parallelism: 1 };
const EVERY_BACKEND = ["argon2", "node-rs"] as const;

interface Line {
  readonly level: "info" | "warn";
  readonly fields: object;
  readonly message: string;
}

/** A logger whose entries a test can read. */
const recordingLog = () => {
  const lines: Line[] = [];
  const write = (level: Line["level"]) => (fields: object, message?: string) => {
    lines.push({ level, fields, message: message ?? "" });
  };
  return { lines, info: write("info"), warn: write("warn") };
};

const fixture = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));

interface Setup {
  readonly backend?: BackendPreference;
  readonly parameters?: Argon2Parameters;
  readonly foreignLimits?: ForeignLimits;
  readonly maxQueued?: number;
}

const setUp = async (options: Setup = {}) => {
  const log = recordingLog();
  return { log, ...(await createPasswordHashing({ log, parameters: SMALL, ...options })) };
};

const foreign = (password: string, options: argon2.Options): Promise<string> =>
  argon2.hash(password, { memoryCost: 1_024, timeCost: 2, parallelism: 2, hashLength: 24, ...options });

describe.each(EVERY_BACKEND)("PasswordHasher on %s", (backend) => {
  let hasher: PasswordHasher;

  beforeAll(async () => {
    ({ hasher } = await setUp({ backend }));
  });

  it("creates PHC strings with the given parameters, and a new salt each time", async () => {
    const { hasher: real } = await setUp({ backend, parameters: DEFAULT_PARAMETERS });
    const [one, other] = await Promise.all([real.hash("correct horse"), real.hash("correct horse")]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(other.split("$")[4]).not.toBe(one.split("$")[4]);
    await expect(real.verify(one, "correct horse")).resolves.toBe(true);
    await expect(real.verify(one, "correct horsE")).resolves.toBe(false);
    expect(real.needsRehash(one, "correct horse")).toBe(false);
  });

  it("creates hashes that either package verifies without the other", async () => {
    const hash = await hasher.hash("pass");
    await expect(argon2.verify(hash, "pass")).resolves.toBe(true);
    await expect(nodeRs.verify(hash, "pass")).resolves.toBe(true);
    await expect(argon2.verify(hash, "Pass")).resolves.toBe(false);
    await expect(nodeRs.verify(hash, "Pass")).resolves.toBe(false);
  });

  it("treats two encodings of one text as the same password", async () => {
    const hash = await hasher.hash("cafe\u0301 ﬁn");
    await expect(hasher.verify(hash, "café fin")).resolves.toBe(true);
    await expect(hasher.verify(hash, "cafe\u0301 ﬁn")).resolves.toBe(true);
    await expect(hasher.verify(hash, "cafe fin")).resolves.toBe(false);
  });

  it("verifies argon2 hashes of other systems, and requests a rehash", async () => {
    const { argon2d, argon2i, argon2id } = argon2;
    for (const type of [argon2d, argon2i, argon2id] as const) {
      for (const version of [16, 19]) {
        const hash = await foreign("imported", { type, version });
        await expect(hasher.verify(hash, "imported"), hash).resolves.toBe(true);
        await expect(hasher.verify(hash, "Imported"), hash).resolves.toBe(false);
        expect(hasher.needsRehash(hash, "imported"), hash).toBe(true);
      }
    }
  });

  it("verifies argon2 strings from before the version was written into them", async () => {
    const hash = (await foreign("imported", { version: 16 })).replace("$v=16", "");
    await expect(hasher.verify(hash, "imported")).resolves.toBe(true);
    await expect(hasher.verify(hash, "Imported")).resolves.toBe(false);
  });

  // From the PHP manual, from crypt_blowfish's test suite, and generated with libxcrypt.
  it.each([
    ["rasmuslerdorf", "$2y$07$BCryptRequires22Chrcte/VlQH0piJtjXl.0t1XkA8pw9dMXTpOq"],
    ["rasmuslerdorf", "$2y$10$.vGA1O9wmRjrwAVXD98HNOgsNpDczlqm3Jq7KnEd1rVAGv3Fykk1a"],
    ["U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"],
    ["U*U", "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"],
    ["café 🔑", "$2b$05$abcdefghijklmnopqrstuuuqGdHPmXhVopKsYXGDMXdo4GmbLDrW6"],
  ])("verifies the known bcrypt hash of %s: %s", async (password, hash) => {
    await expect(hasher.verify(hash, password)).resolves.toBe(true);
    await expect(hasher.verify(hash, `${password}!`)).resolves.toBe(false);
    expect(hasher.needsRehash(hash, password)).toBe(true);
  });

  it("never requests a rehash of a bcrypt hash if the password is longer than bcrypt reads", async () => {
    const password = "x".repeat(72);
    const fitting = await bcrypt.hash(password, 4);
    expect(hasher.needsRehash(fitting, password)).toBe(true);
    // Another ending is accepted as the same password, so it must not become the password.
    await expect(hasher.verify(fitting, `${password}another ending`)).resolves.toBe(true);
    expect(hasher.needsRehash(fitting, `${password}another ending`)).toBe(false);
    // 70 bytes as typed, 105 with letters and accents separated.
    const hash = await bcrypt.hash("é".repeat(35), 4);
    expect(hasher.needsRehash(hash, "é".repeat(35))).toBe(false);
  });

  it("verifies an imported password in any Unicode normal form", async () => {
    for (const imported of ["caf\u00e9 fin", "cafe\u0301 fin"])
      for (const hash of [await bcrypt.hash(imported, 4), await foreign(imported, {})])
        for (const typed of ["caf\u00e9 fin", "cafe\u0301 fin"]) {
          await expect(hasher.verify(hash, typed), hash).resolves.toBe(true);
          await expect(hasher.verify(hash, "cafe fin"), hash).resolves.toBe(false);
        }
  });

  it("verifies imported passwords as typed in the other system, even if its parameters are exactly the same", async () => {
    const typed = "cafe\u0301 ﬁn";
    const imported = [
      await foreign(typed, {}),
      await argon2.hash(typed, { memoryCost: SMALL.memoryKiB, timeCost: SMALL.passes, parallelism: SMALL.parallelism }),
      (await bcrypt.hash(typed, 4)).replace(/^\$2b\$/, "$2y$"),
    ];
    for (const hash of imported) {
      await expect(hasher.verify(hash, typed), hash).resolves.toBe(true);
      await expect(hasher.verify(hash, "cafe fin"), hash).resolves.toBe(false);
    }
    expect(hasher.needsRehash(imported[1] ?? "", typed)).toBe(false);
  });

  it("recognises its own hashes after the parameters were raised, in any normal form", async () => {
    const hash = await hasher.hash("ﬁnal");
    const { hasher: raised } = await setUp({ backend, parameters: { ...SMALL, passes: 3 } });
    await expect(raised.verify(hash, "ﬁnal")).resolves.toBe(true);
    expect(raised.needsRehash(hash, "ﬁnal")).toBe(true);
    expect(raised.needsRehash(await raised.hash("ﬁnal"), "ﬁnal")).toBe(false);
  });

  it("accepts any text: NUL, emoji, right-to-left marks, lone surrogates", async () => {
    const unit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code));
    await fc.assert(
      fc.asyncProperty(fc.string({ unit, maxLength: 64 }), async (password) => {
        const hash = await hasher.hash(password);
        expect(await hasher.verify(hash, password)).toBe(true);
        expect(await hasher.verify(hash, `${password}x`)).toBe(false);
      }),
      { numRuns: 100 },
    );
    const nul = await hasher.hash("before\0after");
    await expect(hasher.verify(nul, "before")).resolves.toBe(false);
    await expect(hasher.verify(nul, "before\0other")).resolves.toBe(false);
  });

  it("treats a malformed hash like a wrong password", async () => {
    const good = await hasher.hash("pass");
    for (const hash of [
      "",
      "pass",
      good.slice(0, -1),
      `${good}A`,
      `${good}\n`,
      good.replace("m=64", "m=1"),
      "$2b$04$zz",
      "\0",
    ]) {
      await expect(hasher.verify(hash, "pass"), hash).resolves.toBe(false);
      expect(hasher.needsRehash(hash, "pass"), hash).toBe(true);
    }
  });

  it("returns a result, and does not crash, for any hash with one character changed", async () => {
    const limits = { memoryKiB: 1_024, memoryPassesKiB: 10_240, parallelism: 8, bcryptCost: 6 };
    const { hasher: cheap } = await setUp({ backend, foreignLimits: limits });
    const hashes = [await hasher.hash("pass"), await foreign("pass", {}), await bcrypt.hash("pass", 4)];
    const character = fc.constantFrom(..."$=,/+.0129Aazv \0é");
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...hashes), fc.nat(), character, async (hash, place, other) => {
        const at = place % hash.length;
        const changed = hash.slice(0, at) + other + hash.slice(at + 1);
        const verdict = await cheap.verify(changed, "pass");
        // Bcrypt's prefixes a, b and y mean the same computation; anywhere else, another character makes a different hash.
        if (!changed.startsWith("$2")) expect(verdict).toBe(changed === hash);
      }),
      { numRuns: 500 },
    );
  });
});

describe("limits for the caller", () => {
  it("computes nothing for a hash that requires 4 GiB, and logs it once", async () => {
    const { hasher, log } = await setUp();
    const salt = randomBytes(16).toString("base64").replace(/=+$/, "");
    const huge = `$argon2id$v=19$m=4194304,t=1,p=1$${salt}$${randomBytes(32).toString("base64").replace(/=+$/, "")}`;
    const slow = (await bcrypt.hash("pass", 4)).replace("$04$", "$31$");
    const before = process.resourceUsage().maxRSS;
    const verdicts = await Promise.all([huge, slow, huge, slow, huge].map((hash) => hasher.verify(hash, "pass")));
    expect(verdicts).toEqual([false, false, false, false, false]);
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(1_048_576);
    const warnings = log.lines.filter(({ level }) => level === "warn");
    expect(warnings.map(({ fields }) => fields)).toEqual([
      { fault: "costs more than the limits for foreign hashes allow" },
    ]);
    expect(JSON.stringify(warnings)).not.toContain(salt);
  });

  it("verifies right below the limit and refuses the correct password above it", async () => {
    const hash = await foreign("imported", { memoryCost: 1_024, timeCost: 2 });
    const limits = { memoryKiB: 1_024, memoryPassesKiB: 2_048, parallelism: 2, bcryptCost: 4 };
    const verdict = async (foreignLimits: ForeignLimits) =>
      (await setUp({ foreignLimits })).hasher.verify(hash, "imported");
    await expect(verdict(limits)).resolves.toBe(true);
    await expect(verdict({ ...limits, memoryKiB: 1_023 })).resolves.toBe(false);
    await expect(verdict({ ...limits, memoryPassesKiB: 2_047 })).resolves.toBe(false);
    await expect(verdict({ ...limits, parallelism: 1 })).resolves.toBe(false);
  });

  it("always verifies its own hashes, whatever the limits for foreign ones are", async () => {
    const { hasher } = await setUp({
      foreignLimits: { memoryKiB: 8, memoryPassesKiB: 8, parallelism: 1, bcryptCost: 4 },
    });
    await expect(hasher.verify(await hasher.hash("pass"), "pass")).resolves.toBe(true);
  });

  it("neither normalises nor hashes a megabyte", async () => {
    const { hasher, queue } = await setUp();
    const hash = await hasher.hash("pass");
    const runs = queue.finished;
    const megabyte = "x".repeat(1_000_000);
    await expect(hasher.hash(megabyte)).rejects.toMatchObject({ code: "BAD_REQUEST", reason: "WEAK_PASSWORD" });
    await expect(hasher.verify(hash, megabyte)).resolves.toBe(false);
    await expect(hasher.verifyDummy(megabyte)).resolves.toBe(false);
    expect(queue.finished).toBe(runs);
  });

  it("computes the same amount for an unknown user, a refused hash and a wrong password", async () => {
    const { argon2: real, bcrypt: none } = await chooseBackend({
      preference: "auto",
      parameters: SMALL,
      log: recordingLog(),
    });
    const computed: string[] = [];
    const counting: typeof real = {
      ...real,
      verify: (hash, password) => {
        computed.push(`${hash.split("$").slice(1, 4).join(" ")} of ${password.length} bytes`);
        return real.verify(hash, password);
      },
    };
    const queue = new HashingQueue({ concurrency: 1, maxQueued: 10 });
    const hasher = new PasswordHasher({
      backends: { argon2: counting, bcrypt: none },
      queue,
      log: recordingLog(),
      parameters: SMALL,
    });
    const stored = await hasher.hash("right");
    for (const wrong of ["wrong", "wrong ﬁn"]) {
      const cost = async (verify: () => Promise<boolean>) => {
        computed.length = 0;
        expect(await verify()).toBe(false);
        return [...computed];
      };
      const known = await cost(() => hasher.verify(stored, wrong));
      expect(known).toHaveLength(wrong === "wrong" ? 1 : 2);
      expect(await cost(() => hasher.verifyDummy(wrong))).toEqual(known);
      expect(await cost(() => hasher.verify("$argon2id$broken", wrong))).toEqual(known);
    }
  });

  it("reports busy, not a wrong password, when the computation itself fails", async () => {
    const broken = {
      name: "argon2",
      hash: () => Promise.reject(new Error("no memory")),
      verify: () => Promise.reject(new Error("no memory")),
    } as const;
    const queue = new HashingQueue({ concurrency: 1, maxQueued: 1 });
    const hasher = new PasswordHasher({
      backends: { argon2: broken, bcrypt: null },
      queue,
      log: recordingLog(),
      parameters: SMALL,
    });
    await expect(hasher.hash("pass")).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    await expect(hasher.verifyDummy("pass")).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    expect(queue.running).toBe(0);
  });
});

describe("a flood of logins", () => {
  it("is limited to the running and the queued computations, and the rest is refused immediately", async () => {
    const { hasher, queue } = await setUp({ parameters: DEFAULT_PARAMETERS, maxQueued: 10 });
    const bound = queue.concurrency + 10;
    const answered: string[] = [];
    const flood = Array.from({ length: 200 }, (_, n) =>
      hasher.hash(`password ${n}`).then(
        (hash) => {
          answered.push("hashed");
          return hash;
        },
        (error: unknown) => {
          answered.push("refused");
          expect(error).toMatchObject({ code: "SERVICE_UNAVAILABLE", status: 503 });
          expect((error as { detail: { retryAfter: number } }).detail.retryAfter).toBeGreaterThanOrEqual(1);
          return null;
        },
      ),
    );
    expect({ running: queue.running, waiting: queue.waiting }).toEqual({ running: queue.concurrency, waiting: 10 });
    const hashes = (await Promise.all(flood)).filter((hash) => hash !== null);

    expect(hashes).toHaveLength(bound);
    expect(queue).toMatchObject({ finished: bound, refused: 200 - bound, running: 0, waiting: 0 });
    expect(answered.slice(0, 200 - bound)).toEqual(Array.from({ length: 200 - bound }, () => "refused"));
    await expect(hasher.verify(hashes[bound - 1] ?? "", `password ${bound - 1}`)).resolves.toBe(true);
  });

  it("leaves threads of the pool to other work: a file is read while hashes run and wait", async () => {
    const { readFile } = await import("node:fs/promises");
    const { hasher, queue } = await setUp({ parameters: { ...DEFAULT_PARAMETERS, passes: 64 }, maxQueued: 10 });
    const flood = Array.from({ length: 4 }, () => hasher.hash("pass"));
    await readFile(fileURLToPath(import.meta.url));
    expect(queue.finished).toBe(0);
    await Promise.all(flood);
  });
});

describe("choosing the backend at start", () => {
  const choose = async (options: Partial<Parameters<typeof chooseBackend>[0]> = {}) => {
    const log = recordingLog();
    const chosen = await chooseBackend({ preference: "auto", parameters: SMALL, log, ...options });
    return { ...chosen, log };
  };
  const works = async ({ argon2: backend }: Awaited<ReturnType<typeof choose>>) =>
    backend.verify(await backend.hash(Buffer.from("pass"), SMALL), Buffer.from("pass"));

  it("uses the accelerator if both work and agree", async () => {
    const chosen = await choose({ parameters: DEFAULT_PARAMETERS });
    expect(chosen.argon2.name).toBe("node-rs");
    expect(chosen.bcrypt).not.toBeNull();
    expect(chosen.log.lines).toEqual([]);
    await expect(works(chosen)).resolves.toBe(true);
  });

  it.each(EVERY_BACKEND)("uses %s if it is configured", async (preference) => {
    const chosen = await choose({ preference });
    expect(chosen.argon2.name).toBe(preference);
    await expect(works(chosen)).resolves.toBe(true);
  });

  it.each([
    ["is missing", "@node-rs/not-installed-anywhere", "info", /Cannot find module/],
    ["crashes when it hashes", fixture("crashing-backend.cjs"), "warn", /SIGABRT/],
    ["crashes when it is loaded", fixture("crashing-at-load.cjs"), "warn", /SIGSEGV/],
    ["accepts every password", fixture("credulous-backend.cjs"), "warn", /wrong result/],
  ] as const)("uses argon2 alone if the accelerator %s", async (_what, nodeRs, level, why) => {
    const chosen = await choose({ specifiers: { nodeRs } });
    expect(chosen.argon2.name).toBe("argon2");
    expect(chosen.log.lines).toEqual([
      { level, fields: { why: expect.stringMatching(why) }, message: expect.stringContaining("@node-rs/argon2") },
    ]);
    await expect(works(chosen)).resolves.toBe(true);
  });

  it("uses argon2 alone if the two do not agree", async () => {
    const chosen = await choose({ specifiers: { nodeRs: fixture("disagreeing-backend.cjs") } });
    expect(chosen.argon2.name).toBe("argon2");
    expect(chosen.log.lines).toMatchObject([{ level: "warn", message: expect.stringContaining("do not agree") }]);
  });

  it("uses argon2 alone if the accelerator does not respond", async () => {
    const chosen = await choose({ specifiers: { nodeRs: fixture("hanging-backend.cjs") }, timeoutMs: 2_000 });
    expect(chosen.argon2.name).toBe("argon2");
    expect(chosen.log.lines).toMatchObject([{ level: "warn", fields: { why: "it did not finish in 2000 ms" } }]);
  });

  it("uses the accelerator alone if argon2 crashes", async () => {
    const chosen = await choose({ specifiers: { argon2: fixture("crashing-backend.cjs") } });
    expect(chosen.argon2.name).toBe("node-rs");
    expect(chosen.log.lines).toMatchObject([{ level: "warn", fields: { why: expect.stringContaining("SIGABRT") } }]);
    await expect(works(chosen)).resolves.toBe(true);
  });

  it("refuses to start, with the reason, if neither works", async () => {
    const specifiers = { argon2: fixture("crashing-backend.cjs"), nodeRs: "@node-rs/not-installed-anywhere" };
    await expect(choose({ specifiers })).rejects.toThrow(/argon2: .*SIGABRT.*@node-rs\/argon2: Cannot find module/);
  });

  it("refuses to start if the configured one does not work, instead of using the other", async () => {
    const specifiers = { nodeRs: fixture("crashing-backend.cjs") };
    await expect(choose({ preference: "node-rs", specifiers })).rejects.toThrow(/SIGABRT/);
  });

  it("repeats a check that timed out, and then verifies imported passwords", async () => {
    const folder = await mkdtemp(join(inject("runDirectory"), "late-bcrypt-"));
    const module = join(folder, "late.cjs");
    const late = [
      'const fs = require("node:fs");',
      `const isFirst = !fs.existsSync(${JSON.stringify(join(folder, "seen"))});`,
      `fs.writeFileSync(${JSON.stringify(join(folder, "seen"))}, "");`,
      "while (isFirst);",
      `module.exports = require(${JSON.stringify(createRequire(import.meta.url).resolve("@node-rs/bcrypt"))});`,
    ];
    await writeFile(module, late.join("\n"));
    const chosen = await choose({ specifiers: { bcrypt: module }, timeoutMs: 4_000 });
    expect(chosen.works.bcrypt).toBe(true);
    expect(chosen.log.lines).toContainEqual(
      expect.objectContaining({ level: "warn", message: expect.stringContaining("it is repeated") }),
    );
    await expect(chosen.bcrypt?.verify(await bcrypt.hash("pass", 4), Buffer.from("pass"))).resolves.toBe(true);
  });

  it("does not start as long as it is unknown whether bcrypt works", async () => {
    const hanging = { specifiers: { bcrypt: fixture("hanging-backend.cjs") }, timeoutMs: 2_000, totalTimeoutMs: 0 };
    const starting = choose(hanging);
    await expect(starting).rejects.toThrow(HashingUnknownError);
    await expect(starting).rejects.toThrow(/bcrypt: it did not finish in 2000 ms/);
  });

  it("starts without bcrypt if it crashes, and treats imported hashes as wrong", async () => {
    const {
      bcrypt: verifier,
      argon2: backend,
      log,
    } = await choose({ specifiers: { bcrypt: fixture("crashing-backend.cjs") } });
    expect(verifier).toBeNull();
    expect(log.lines).toMatchObject([{ level: "warn", fields: { why: expect.stringContaining("SIGABRT") } }]);
    const queue = new HashingQueue({ concurrency: 1, maxQueued: 1 });
    const hasher = new PasswordHasher({
      backends: { argon2: backend, bcrypt: verifier },
      queue,
      log,
      parameters: SMALL,
    });
    await expect(hasher.verify(await bcrypt.hash("pass", 4), "pass")).resolves.toBe(false);
  });
});
