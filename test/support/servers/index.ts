import { describe, inject } from "vitest";
import type { Finding } from "./programs.ts";

/** What not every machine has. Postgres is not among them: it comes from npm. */
export interface OptionalServers {
  /** The URL of a Redis that all suites share: use keys of your own, and never flush it. */
  readonly redis: Finding;
  /** The path of the program, for `RedisServer.start`. */
  readonly "redis-server": Finding;
  /** The path of the program, for `NatsServer.start`: its subjects are known to all, so each suite has one of its own. */
  readonly "nats-server": Finding;
  /** The path of a Chromium, for playwright-core. */
  readonly chromium: Finding;
}

declare module "vitest" {
  interface ProvidedContext {
    runDirectory: string;
    postgresUrl: string;
    databasePrefix: string;
    servers: OptionalServers;
    /** The directory of the compiled program: `dist/main.js` and `dist/cli.js`. */
    program: string;
  }
}

/**
 * A suite that needs a server which this machine may not have: skipped then, with the reason in its name; in CI
 * it fails instead. `suite` receives the URL or path; in a skipped suite, which is only listed, it is empty.
 */
export function describeNeeding(server: keyof OptionalServers, title: string, suite: (value: string) => void): void {
  const finding = inject("servers")[server];
  if ("value" in finding) {
    describe(title, () => suite(finding.value));
  } else if (process.env.CI) {
    throw new Error(`"${title}" needs ${server}, and CI allows no skip: ${finding.reason}`);
  } else {
    describe.skip(`${title} (needs ${server}: ${finding.reason})`, () => suite(""));
  }
}
