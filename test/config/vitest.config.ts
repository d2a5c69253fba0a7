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
  /** Whether files share processes: loading the program costs more than most files take. */
  readonly sharesProcesses: boolean;
}

const project = ({ name, include, sharesProcesses }: Project): TestProjectInlineConfiguration => ({
  root,
  // As Node resolves it: Vite would take graphql's `module` build, and type-graphql has the other one.
  resolve: { alias: [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve("graphql") }] },
  test: {
    name,
    include,
    // Processes, not threads: native modules, signals, and a crash that takes few files with it.
    pool: "forks",
    isolate: !sharesProcesses,
    // Only for what never ends: a slow machine is no fault, and no test asserts anything about elapsed time.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: PATIENCE_MS } },
  },
});

// vite is in package.json for its version alone: vitest would take whichever is newest.
export default defineConfig({
  root,
  test: {
    projects: [
      // Pure rules, beside the code.
      project({ name: "unit", include: ["src/**/*.test.ts"], sharesProcesses: true }),
      // Services and the API, on real servers.
      project({
        name: "server",
        include: ["test/{api,architecture,concurrency,integration}/**/*.test.ts"],
        sharesProcesses: true,
      }),
      // What kills servers and starts programs.
      project({ name: "faults", include: ["test/faults/**/*.test.ts"], sharesProcesses: false }),
      project({ name: "browser", include: ["test/browser/**/*.test.ts"], sharesProcesses: false }),
    ],
    sequence: { sequencer: ProjectSequencer },
    globalSetup: ["test/config/global-setup.ts"],
    maxWorkers: 3,
    teardownTimeout: 300_000,
    silent: "passed-only",
    reporters: ["default", skippedSuitesReporter],
    // Named `-t` runs and CI alike: a test left `.only` must not hide the others.
    allowOnly: false,
  },
});
