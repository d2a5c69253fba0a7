import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Small files that wait for long: a worker that begins them last would keep the others waiting. */
const WAITS = /\/tokens-by-\w+\.test\.ts$/;

/**
 * Runs one project after the other, so that files that can share a process follow each other; in a project what took longest
 * (or is largest) comes first.
 */
export class ProjectSequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const order = this.ctx.projects.map(({ name }) => name);
    const turn = ({ project }: TestSpecification) => order.indexOf(project.name);
    const isLast = ({ moduleId }: TestSpecification) => Number(!WAITS.test(moduleId));
    return (await super.sort(files)).toSorted((one, other) => turn(one) - turn(other) || isLast(one) - isLast(other));
  }
}
