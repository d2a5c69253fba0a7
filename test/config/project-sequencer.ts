import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Runs one project after the other, so that files that can share a process follow each other; in a project what took longest
 * (or is largest) comes first.
 */
export class ProjectSequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const order = this.ctx.projects.map(({ name }) => name);
    const turn = ({ project }: TestSpecification) => order.indexOf(project.name);
    return (await super.sort(files)).toSorted((one, other) => turn(one) - turn(other));
  }
}
