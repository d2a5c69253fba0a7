import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { WAIT_TIMEOUT_MS } from "../support/timeouts.ts";
import { ProjectSequencer } from "./project-sequencer.ts";
import { skippedSuitesReporter } from "./skipped-suites-reporter.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

interface Project {
  readonly name: string;
  readonly include: string[];
  /** Whether it needs no server of the run; its workers are then threads. */
  readonly isPure?: boolean;
}

const project = ({ name, include, isPure = false }: Project): TestProjectInlineConfiguration => ({
  root,
  // Resolved as Node does, because Vite would use graphql's `module` build, and type-graphql uses the other one.
  resolve: { alias: [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve("graphql") }] },
  test: {
    name,
    include,
    // Otherwise processes, because of native modules, signals, and crashes, which then affect few files.
    pool: isPure ? "threads" : "forks",
    // Files share workers: loading the program costs more than most files take.
    isolate: false,
    // Some of the pure files mostly wait. Projects with different numbers of workers run one group after the other.
    maxWorkers: isPure ? 5 : 3,
    sequence: { groupOrder: isPure ? 0 : 1 },
    globalSetup: isPure ? [] : ["test/config/global-setup.ts"],
    // Only for tests that never end: a slow machine is not an error, and no test asserts anything about elapsed time.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: WAIT_TIMEOUT_MS } },
  },
});

/** Tests that need servers, in groups that `--project` names. */
const GROUPS = {
  // Services and the API, on real servers.
  server: "test/{api,architecture,integration}/**/*.test.ts",
  // Many concurrent callers.
  race: "test/concurrency/**/*.test.ts",
  // Tests that kill servers and start programs.
  faults: "test/faults/**/*.test.ts",
  browser: "test/browser/**/*.test.ts",
};

/** Only by name, because fonts differ between machines: `npm run test:visual`. */
const SCREENSHOTS = project({ name: "visual", include: ["test/visual/**/*.test.ts"] });

/** A project compiles and loads the program in its own processes, so without `--project` all groups are one project. */
const isNamed = process.argv.some((argument) => argument.startsWith("--project"));
const onServers = isNamed
  ? [...Object.entries(GROUPS).map(([name, files]) => project({ name, include: [files] })), SCREENSHOTS]
  : [project({ name: "servers", include: Object.values(GROUPS) })];

// vite is in package.json to fix its version, which vitest would otherwise choose, and for its compiler.
export default defineConfig({
  root,
  test: {
    projects: [project({ name: "unit", include: ["src/**/*.test.{ts,tsx}"], isPure: true }), ...onServers],
    sequence: { sequencer: ProjectSequencer },
    teardownTimeout: 300_000,
    silent: "passed-only",
    reporters: ["default", skippedSuitesReporter],
    // For runs with `-t` and in CI: a test left with `.only` must not hide the others.
    allowOnly: false,
  },
});
