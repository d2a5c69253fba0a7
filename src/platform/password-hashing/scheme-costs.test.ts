import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type HashScheme, hashOfNothing, parseSchemeName, SchemeCosts, schemeName, schemeOf } from "./scheme-costs.ts";
import { parseStoredHash } from "./stored-hash.ts";

const OWN: HashScheme = { kind: "argon2", memoryKiB: 19_456, passes: 2, parallelism: 1 };
const BCRYPT_10: HashScheme = { kind: "bcrypt", cost: 10 };
const BCRYPT_12: HashScheme = { kind: "bcrypt", cost: 12 };

/** The times of computations on a simulated machine, in milliseconds; the second of each scheme is undisturbed. */
const machine = (times: Readonly<Record<string, number>>) => {
  const computed: string[] = [];
  const time = async (scheme: HashScheme): Promise<number> => {
    const name = schemeName(scheme);
    computed.push(name);
    const undisturbed = computed.filter((one) => one === name).length === 2;
    return (times[name] ?? 0) * (undisturbed ? 1 : 3);
  };
  return { computed, costs: new SchemeCosts({ own: OWN, time }) };
};

const TIMES = { [schemeName(OWN)]: 40, [schemeName(BCRYPT_10)]: 60 };

describe("the name of a scheme", () => {
  it("can be parsed again, and matches hashes of that scheme", () => {
    for (const scheme of [OWN, BCRYPT_12, { ...OWN, parallelism: 4 }]) {
      expect(parseSchemeName(schemeName(scheme))).toEqual(scheme);
      const stored = parseStoredHash(hashOfNothing(scheme, randomBytes));
      expect(stored && schemeOf(stored)).toEqual(scheme);
    }
    expect(parseSchemeName("scrypt:1")).toBeNull();
  });
});

describe("the time of a refused login", () => {
  it("is that of its own hash if all hashes have the current scheme, without measuring", async () => {
    const { computed, costs } = machine(TIMES);
    await costs.setInUse([]);
    await costs.setInUse([OWN]);
    expect(costs.refusalMs).toBe(0);
    expect(computed).toEqual([]);
  });

  it("is longer than the slowest scheme in use", async () => {
    const { costs } = machine(TIMES);
    await costs.setInUse([OWN, BCRYPT_10]);
    expect(costs.refusalMs).toBe(75);
    await costs.setInUse([OWN, BCRYPT_12]);
    expect(costs.refusalMs).toBe(300);
    await costs.setInUse([OWN]);
    expect(costs.refusalMs).toBe(0);
  });

  it("is longer than the current scheme if the imported ones are faster", async () => {
    const { costs } = machine(TIMES);
    await costs.setInUse([{ kind: "argon2", memoryKiB: 64, passes: 1, parallelism: 1 }]);
    expect(costs.refusalMs).toBe(50);
  });

  it("grows with the load of the machine, up to four times", async () => {
    const { costs } = machine(TIMES);
    await costs.setInUse([BCRYPT_12]);
    for (let i = 0; i < 200; i++) costs.observeOwn(80);
    expect(costs.refusalMs).toBeCloseTo(600, 0);
    for (let i = 0; i < 200; i++) costs.observeOwn(4_000);
    expect(costs.refusalMs).toBe(1_200);
    for (let i = 0; i < 400; i++) costs.observeOwn(20);
    expect(costs.refusalMs).toBe(300);
  });
});

describe("the cost of a scheme", () => {
  it("is measured once, as the shortest of three computations", async () => {
    const { computed, costs } = machine(TIMES);
    expect(await Promise.all([costs.costMs(OWN), costs.costMs(OWN)])).toEqual([40, 40]);
    expect(await costs.costMs(OWN)).toBe(40);
    expect(computed).toHaveLength(3);
  });

  it("doubles with each step of bcrypt, and is not computed for expensive ones", async () => {
    const { computed, costs } = machine(TIMES);
    expect(await costs.costMs({ kind: "bcrypt", cost: 16 })).toBe(60 * 64);
    expect(new Set(computed)).toEqual(new Set([schemeName(BCRYPT_10)]));
  });

  it("is measured again after a failure", async () => {
    let fails = true;
    const costs = new SchemeCosts({
      own: OWN,
      time: async () => {
        if (fails) throw new Error("busy");
        return 7;
      },
    });
    await expect(costs.costMs(OWN)).rejects.toThrow("busy");
    fails = false;
    expect(await costs.costMs(OWN)).toBe(7);
  });
});
