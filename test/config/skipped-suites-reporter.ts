import type { Reporter, TestCase, TestModule, TestSuite } from "vitest/node";

/** Lists skipped tests at the end of a run, because a skip is easily overlooked. */
export const skippedSuitesReporter: Reporter = {
  onTestRunEnd(modules) {
    const skipped = modules.flatMap((module) =>
      listSkipped(module).map((name) => `${module.relativeModuleId} > ${name}`),
    );
    if (skipped.length > 0) process.stdout.write(`\nSkipped:\n${skipped.map((name) => `  ${name}\n`).join("")}`);
  },
};

/** The topmost skipped suites, not every test inside. */
function listSkipped(parent: TestModule | TestSuite): string[] {
  return [...parent.children].flatMap((child) => {
    if (isSkipped(child)) return [child.fullName];
    return child.type === "suite" ? listSkipped(child) : [];
  });
}

function isSkipped(child: TestCase | TestSuite): boolean {
  return child.type === "test" ? child.result().state === "skipped" : child.state() === "skipped";
}
