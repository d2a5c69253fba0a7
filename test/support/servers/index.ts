import { describe, inject } from "vitest";
import type { Finding } from "./programs.ts";

/** Servers and programs that not every machine has. Postgres is not among them, because it comes from npm. */
export interface OptionalServers {
  /** The URL of a Redis that all suites share: use a separate key prefix, and never flush it. */
  readonly redis: Finding;
  /** The path of the program, for `RedisServer.start`. */
  readonly "redis-server": Finding;
  /** The path of the program, for `NatsServer.start`: each suite starts its own, because all clients see its subjects. */
  readonly "nats-server": Finding;
  /** The path of a Chromium, for playwright-core. */
  readonly chromium: Finding;
  /** The path of a Firefox, for puppeteer-core, which controls it by WebDriver BiDi as Debian ships it. */
  readonly firefox: Finding;
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
 * A suite that needs a server which this machine may not have. Then it is skipped, with the reason in its name; in CI it fails
 * instead. `suite` receives the URL or path, which is empty in a skipped suite, because that is only listed.
 */
export function describeIf(server: keyof OptionalServers, title: string, suite: (value: string) => void): void {
  const finding = inject("servers")[server];
  if ("value" in finding) {
    describe(title, () => suite(finding.value));
  } else if (process.env.CI) {
    throw new Error(`"${title}" needs ${server}, and CI does not allow skipping it: ${finding.reason}`);
  } else {
    describe.skip(`${title} (needs ${server}: ${finding.reason})`, () => suite(""));
  }
}
