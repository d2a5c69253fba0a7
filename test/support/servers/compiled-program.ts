import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundlePrograms } from "../../../scripts/bundle.ts";

const PROJECT = fileURLToPath(new URL("../../..", import.meta.url));

/**
 * The program as `npm run build` makes it, once for a run. Suites of the hosted pages build these. `npm start` is tested by
 * test/faults/npm-start.test.ts.
 * @returns the directory whose `dist/main.js` and `dist/cli.js` are the program
 */
export const compileProgram = async (directory: string): Promise<string> => {
  await bundlePrograms(join(directory, "dist"));
  // The program finds them beside dist/, as in the project.
  await symlink(join(PROJECT, "dist/web"), join(directory, "dist/web"));
  for (const name of ["drizzle", "node_modules", "schema.graphql", "src"])
    await symlink(join(PROJECT, name), join(directory, name));
  return directory;
};
