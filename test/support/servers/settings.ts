import type { TestDatabase } from "./database.ts";

/** Settings, as the environment names them. */
export type Settings = Readonly<Record<string, string>>;

/** What the program is told in tests, in this process and in others, beyond its defaults. */
export const testSettings = ({ url }: Pick<TestDatabase, "url">): Settings => ({
  PUBLIC_URL: "http://portcullis.test",
  DATABASE_URL: url,
  DATABASE_POOL_SIZE: "10",
  WORKER_CONCURRENCY: "2",
  // Tests of SAP systems that do not answer would wait; that such answers are held back is tested with a clock of its own.
  SAP_UNREACHABLE_SECONDS: "0",
  // As behind one proxy of ours: a test may say where a client is. Without the header it is this machine.
  TRUSTED_PROXY_HOPS: "1",
  // Hashes that cost next to nothing: what they cost is tested elsewhere.
  HASHING_BACKEND: "argon2",
  ARGON2_MEMORY_KIB: "64",
  ARGON2_PASSES: "1",
});
