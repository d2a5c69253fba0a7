import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { PATIENCE_MS } from "../support/patience.ts";
import { skippedSuitesReporter } from "./skipped-suites-reporter.ts";

// vite is in package.json for its version alone: vitest would take whichever is newest.
export default defineConfig({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  // As Node resolves it: Vite would take graphql's `module` build, and type-graphql has the other one.
  resolve: { alias: [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve("graphql") }] },
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    exclude: ["test/bench/**"],
    globalSetup: ["test/config/global-setup.ts"],
    // Processes, not threads: native modules, signals, and a crash that takes only its own file with it.
    pool: "forks",
    maxWorkers: 3,
    // Only for what never ends: a slow machine is no fault, and no test asserts anything about elapsed time.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    teardownTimeout: 300_000,
    expect: { poll: { timeout: PATIENCE_MS } },
    silent: "passed-only",
    reporters: ["default", skippedSuitesReporter],
    // Named `-t` runs and CI alike: a test left `.only` must not hide the others.
    allowOnly: false,
  },
});
