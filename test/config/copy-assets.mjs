// The second half of the build: what tsc leaves behind, templates and other assets, goes beside the compiled files.
import { cp } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const project = new URL("../../", import.meta.url);
const isAsset = (path) => !path.endsWith(".ts");

await cp(fileURLToPath(new URL("src", project)), fileURLToPath(new URL("dist", project)), {
  recursive: true,
  filter: isAsset,
});
