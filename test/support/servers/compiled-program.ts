import { copyFile, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { transformWithOxc } from "vite";

const PROJECT = fileURLToPath(new URL("../../..", import.meta.url));

/** As tsconfig.json has it. */
const OPTIONS = {
  lang: "ts",
  target: "es2023",
  decorator: { legacy: true },
  assumptions: { setPublicClassFields: true },
  typescript: {
    onlyRemoveTypeImports: true,
    removeClassFieldsWithoutInitializer: true,
    rewriteImportExtensions: "rewrite",
  },
} as const;

/** What the compiler imports for decorators, from a package that is not installed. */
const HELPERS = {
  "decorate.js": `export default (decorators, target, key, descriptor) => {
    const isMember = key !== undefined;
    let result = isMember ? (descriptor ?? (descriptor === null ? Object.getOwnPropertyDescriptor(target, key) : undefined)) : target;
    for (const decorator of [...decorators].reverse())
      result = (isMember ? decorator(target, key, result) : decorator(result)) ?? result;
    if (isMember && result) Object.defineProperty(target, key, result);
    return result;
  };`,
  "decorateParam.js": "export default (index, decorator) => (target, key) => decorator(target, key, index);",
};

/**
 * Compiles src/ once for a run, within a second: to start the program from its sources costs each process more than that. What
 * `npm run build` makes is tested by the image, and `npm start` by test/faults/npm-start.test.ts.
 * @returns the directory whose `dist/main.js` and `dist/cli.js` are the program
 */
export const compileProgram = async (directory: string): Promise<string> => {
  const dist = join(directory, "dist");
  const files = await readdir(join(PROJECT, "src"), { recursive: true, withFileTypes: true });
  await Promise.all(
    files
      .filter((file) => file.isFile() && !file.name.endsWith(".test.ts"))
      .map(async ({ parentPath, name }) => {
        const from = join(parentPath, name);
        const to = join(dist, from.slice(join(PROJECT, "src").length));
        await mkdir(dirname(to), { recursive: true });
        if (!name.endsWith(".ts")) return copyFile(from, to);
        const { code } = await transformWithOxc(await readFile(from, "utf8"), from, OPTIONS);
        return writeFile(to.replace(/\.ts$/, ".js"), code);
      }),
  );

  const helpers = join(dist, "node_modules/@oxc-project/runtime/helpers");
  await mkdir(helpers, { recursive: true });
  for (const [name, code] of Object.entries(HELPERS)) await writeFile(join(helpers, name), code);
  await writeFile(
    join(helpers, "../package.json"),
    JSON.stringify({ type: "module", exports: { "./helpers/*": "./helpers/*.js" } }),
  );

  const { type, imports } = JSON.parse(await readFile(join(PROJECT, "package.json"), "utf8"));
  const compiled = JSON.stringify({ type, imports }).replaceAll("./src/", "./").replaceAll("*.ts", "*.js");
  await writeFile(join(dist, "package.json"), compiled);
  // Found by the program beside dist/, as in the project.
  for (const name of ["drizzle", "node_modules", "schema.graphql", "src"])
    await symlink(join(PROJECT, name), join(directory, name));
  return directory;
};
