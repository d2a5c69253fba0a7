import { createPasswordHashing } from "#platform/password-hashing/index";

/**
 * The floor of a login: the product's hasher with the product's parameters verifies a correct password, and does nothing else.
 * Arguments: callers, seconds to warm up, seconds to measure. Prints one line of JSON.
 */
const [callers = 16, warmUp = 1, seconds = 3] = process.argv.slice(2).map(Number);
const log = { info: () => undefined, warn: () => undefined };
const { hasher } = await createPasswordHashing({ log });
const password = "correct horse battery staple";
const hash = await hasher.hash(password);

const verifyUntil = async (end: number): Promise<number[]> => {
  const latencies: number[] = [];
  const verify = async () => {
    while (performance.now() < end) {
      const began = performance.now();
      if (!(await hasher.verify(hash, password))) throw new Error("The correct password was refused.");
      latencies.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: callers }, verify));
  return latencies.sort((a, b) => a - b);
};

await verifyUntil(performance.now() + warmUp * 1_000);
const began = performance.now();
const latencies = await verifyUntil(began + seconds * 1_000);
const rate = latencies.length / ((performance.now() - began) / 1_000);
process.stdout.write(JSON.stringify({ rate, latencies }));
