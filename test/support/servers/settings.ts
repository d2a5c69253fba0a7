import type { TestDatabase } from "./database.ts";

/** Settings, as environment variables. */
export type Settings = Readonly<Record<string, string>>;

/** The settings of the program in tests, in this process and in others, beyond its defaults. */
export const testSettings = ({ url }: Pick<TestDatabase, "url">): Settings => ({
  PUBLIC_URL: "http://portcullis.test",
  DATABASE_URL: url,
  DATABASE_POOL_SIZE: "10",
  WORKER_CONCURRENCY: "2",
  // Tests of unresponsive SAP systems would wait; the backoff for such systems is tested with another clock.
  SAP_UNREACHABLE_SECONDS: "0",
  // As behind one trusted proxy, so that a test can set a client's address. Without the header it is this machine.
  TRUSTED_PROXY_HOPS: "1",
  // Suites of the hosted pages switch them on, after they have been built.
  WEB: "off",
  // Hashes that cost next to nothing; their real cost is tested elsewhere.
  HASHING_BACKEND: "argon2",
  ARGON2_MEMORY_KIB: "64",
  ARGON2_PASSES: "1",
});
