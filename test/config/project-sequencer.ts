import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that are large, or wait for programs: a worker that started one of them last would delay the end of the run. */
const TAKES_LONG =
  /\/tokens-by-\w+\.test\.ts$|\/test\/(faults|browser)\/|\/(inputs|tenants|access|account-changes|embedded-\w+)\.test\.ts$/;

/**
 * Runs one project after the other, so that files that can share a process follow each other; in a project, the slowest (or largest)
 * files come first.
 */
export class ProjectSequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const order = this.ctx.projects.map(({ name }) => name);
    const turn = ({ project }: TestSpecification) => order.indexOf(project.name);
    const isLast = ({ moduleId }: TestSpecification) => Number(!TAKES_LONG.test(moduleId));
    return (await super.sort(files)).toSorted((one, other) => turn(one) - turn(other) || isLast(one) - isLast(other));
  }
}
