// The second half of the build, for files that tsc does not handle: copies templates and other assets next to the compiled files,
// and writes a package.json by which Node resolves imports like `#platform/clock` to compiled files.
import { cp, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const project = new URL("../", import.meta.url);
// The hosted pages are built separately.
const web = fileURLToPath(new URL("src/web", project));
const isAsset = (path) => !/\.tsx?$/.test(path) && path !== web;

await cp(fileURLToPath(new URL("src", project)), fileURLToPath(new URL("dist", project)), {
  recursive: true,
  filter: isAsset,
});

const { type, imports } = JSON.parse(await readFile(new URL("package.json", project), "utf8"));
const compiled = JSON.stringify({ type, imports }, null, 2).replaceAll("./src/", "./").replaceAll("*.ts", "*.js");
await writeFile(new URL("dist/package.json", project), `${compiled}\n`);
