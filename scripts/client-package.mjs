// Builds the package for frontends, dist/client or the folder that is passed: ES modules, the same as CommonJS in cjs/, and a
// package.json, because a frontend needs none of the server's dependencies.
import { execFile } from "node:child_process";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const project = fileURLToPath(new URL("../", import.meta.url));
const folder = resolve(process.argv[2] ?? join(project, "dist/client"));

const compile = async (config, outDir) => {
  const compiler = join(project, "node_modules/typescript-native/bin/tsc");
  const built = run(process.execPath, [compiler, "-p", join(project, "scripts", config), "--outDir", outDir]);
  await built.catch(({ stdout, message }) => {
    throw new Error(stdout || message);
  });
};

const { name, version, license, type, engines, dependencies, exports, peerDependencies, peerDependenciesMeta } =
  JSON.parse(await readFile(join(project, "package.json"), "utf8"));

const entries = Object.entries(exports);
const inPackage = (path) => path.replace("./dist/client/", "./");
const asCommonJs = (path) => path.replace("./dist/client/", "./cjs/");

/** Types come first, because TypeScript takes the first condition that matches. They must be of the module's kind. */
const conditionsOf = ({ types, default: code }) => ({
  import: { types: inPackage(types), default: inPackage(code) },
  require: { types: asCommonJs(types), default: asCommonJs(code) },
});

// Provenance requires the address of the repository that the package is published from.
const repository = process.env.REPOSITORY_URL?.replace(/(\.git)?\/?$/, "");

const manifest = {
  name,
  version,
  description: "Logins at Portcullis in frontends: browsers, React, rendering servers and phones.",
  keywords: ["authentication", "graphql", "jwt", "login", "nextjs", "react", "react-native", "session"],
  license,
  ...(repository && {
    homepage: `${repository}#readme`,
    bugs: { url: `${repository}/issues` },
    repository: { type: "git", url: `git+${repository}.git` },
  }),
  type,
  // No module has side effects when it is loaded, so bundlers omit what an app does not use.
  sideEffects: false,
  engines,
  files: ["**/*.js", "**/*.js.map", "**/*.d.ts", "cjs/package.json"],
  exports: Object.fromEntries(entries.map(([path, entry]) => [path, conditionsOf(entry)])),
  // For TypeScript with `moduleResolution: node`, which does not read `exports`.
  typesVersions: { "*": Object.fromEntries(entries.map(([path, { types }]) => [path.slice(2), [inPackage(types)]])) },
  // Only portcullis/server imports it.
  dependencies: { jose: `^${dependencies.jose}` },
  peerDependencies,
  peerDependenciesMeta,
  publishConfig: { access: "public", provenance: true },
};

await Promise.all([
  compile("tsconfig.package.json", folder),
  compile("tsconfig.package-cjs.json", join(folder, "cjs")),
]);
const toText = (value) => `${JSON.stringify(value, null, 2)}\n`;
await Promise.all([
  writeFile(join(folder, "package.json"), toText(manifest)),
  writeFile(join(folder, "cjs/package.json"), toText({ type: "commonjs" })),
  copyFile(join(project, "src/client/README.md"), join(folder, "README.md")),
  copyFile(join(project, "LICENSE"), join(folder, "LICENSE")),
]);
