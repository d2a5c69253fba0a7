import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { PATIENCE_MS } from "../support/patience.ts";
import { ProjectSequencer } from "./project-sequencer.ts";
import { skippedSuitesReporter } from "./skipped-suites-reporter.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

interface Project {
  readonly name: string;
  readonly include: string[];
  /** Whether it needs nothing that the run starts: its workers are threads then. */
  readonly isPure?: boolean;
}

const project = ({ name, include, isPure = false }: Project): TestProjectInlineConfiguration => ({
  root,
  // As Node resolves it: Vite would take graphql's `module` build, and type-graphql has the other one.
  resolve: { alias: [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve("graphql") }] },
  test: {
    name,
    include,
    // Otherwise processes: native modules, signals, and a crash that takes few files with it.
    pool: isPure ? "threads" : "forks",
    // Files share workers: loading the program costs more than most files take.
    isolate: false,
    // Some of the pure ones wait for most of their time. Projects with other numbers of workers run one group after the other.
    maxWorkers: isPure ? 5 : 3,
    sequence: { groupOrder: isPure ? 0 : 1 },
    globalSetup: isPure ? [] : ["test/config/global-setup.ts"],
    // Only for what never ends: a slow machine is no fault, and no test asserts anything about elapsed time.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: PATIENCE_MS } },
  },
});

/** What needs servers, in groups that `--project` names. */
const GROUPS = {
  // Services and the API, on real servers.
  server: "test/{api,architecture,integration}/**/*.test.ts",
  // Many callers at the same moment.
  race: "test/concurrency/**/*.test.ts",
  // What kills servers and starts programs.
  faults: "test/faults/**/*.test.ts",
  browser: "test/browser/**/*.test.ts",
};

/** A project compiles the program and loads it into processes of its own: where none is asked for, all groups are one. */
const isNamed = process.argv.some((argument) => argument.startsWith("--project"));
const onServers = isNamed
  ? Object.entries(GROUPS).map(([name, files]) => project({ name, include: [files] }))
  : [project({ name: "servers", include: Object.values(GROUPS) })];

// vite is in package.json for its version, because vitest would take whichever is newest, and for its compiler.
export default defineConfig({
  root,
  test: {
    projects: [project({ name: "unit", include: ["src/**/*.test.ts"], isPure: true }), ...onServers],
    sequence: { sequencer: ProjectSequencer },
    teardownTimeout: 300_000,
    silent: "passed-only",
    reporters: ["default", skippedSuitesReporter],
    // Named `-t` runs and CI alike: a test left `.only` must not hide the others.
    allowOnly: false,
  },
});
