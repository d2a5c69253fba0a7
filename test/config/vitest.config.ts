import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
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
    testTimeout: 30_000,
    hookTimeout: 30_000,
    teardownTimeout: 30_000,
    silent: "passed-only",
    reporters: ["default", skippedSuitesReporter],
    // Named `-t` runs and CI alike: a test left `.only` must not hide the others.
    allowOnly: false,
  },
});
