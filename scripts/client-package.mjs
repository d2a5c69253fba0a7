// The last part of the build: makes dist/client a separate package, because a frontend needs none of the server's dependencies.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const project = new URL("../", import.meta.url);
const folder = process.argv[2] ?? fileURLToPath(new URL("dist/client", project));
const { name, version, license, type, engines, exports, peerDependencies, peerDependenciesMeta } = JSON.parse(
  await readFile(new URL("package.json", project), "utf8"),
);
const manifest = {
  name,
  version,
  description: "Keeps a login at Portcullis in a frontend.",
  license,
  type,
  engines,
  // No module has side effects when it is loaded, so bundlers omit what an app does not use.
  sideEffects: false,
  exports: JSON.parse(JSON.stringify(exports).replaceAll("./dist/client/", "./")),
  peerDependencies,
  peerDependenciesMeta,
};
await writeFile(`${folder}/package.json`, `${JSON.stringify(manifest, null, 2)}\n`);
