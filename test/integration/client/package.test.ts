import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { build } from "vite";
import { beforeAll, expect, inject, it } from "vitest";
import { installClientPackage, PROJECT, packClientPackage, tsc } from "../../support/clients/client-package.ts";
import { FRAMEWORK_TYPES } from "../../support/clients/framework-types.ts";

const run = promisify(execFile);

/** A frontend that has installed the packed package, and the client libraries next to it. */
let frontend: string;
let packed: string;
let installed: string;
let manifest: Record<string, object>;

beforeAll(async () => {
  const folder = await mkdtemp(join(inject("runDirectory"), "frontend-"));
  frontend = join(folder, "frontend");
  installed = join(frontend, "node_modules/portcullis");
  packed = await packClientPackage(folder, { REPOSITORY_URL: "https://git.test/acme/portcullis.git" });
  await installClientPackage(frontend, packed, [
    ...["@apollo", "@urql", "wonka", "graphql", "graphql-ws", "rxjs", "@graphql-typed-document-node"],
    ...["react", "@types/react", "csstype"],
  ]);
  manifest = JSON.parse(await readFile(join(installed, "package.json"), "utf8"));
});

/** `portcullis/client` and the others. */
const subpaths = (): string[] => Object.keys(manifest.exports ?? {}).map((path) => `portcullis${path.slice(1)}`);

it("has nothing to mend before it is published", async () => {
  const { messages } = await publint({ pkgDir: join(packed, "../built"), strict: true, pack: false });
  expect(messages).toEqual([]);
  const checked = await checkPackage(createPackageFromTarballData(await readFile(packed)));
  expect(checked.types && checked.problems).toEqual([]);
});

it("names the repository that it is published from, for its provenance", () => {
  expect(manifest).toMatchObject({
    repository: { type: "git", url: "git+https://git.test/acme/portcullis.git" },
    homepage: "https://git.test/acme/portcullis#readme",
    bugs: { url: "https://git.test/acme/portcullis/issues" },
    publishConfig: { access: "public", provenance: true },
  });
});

it("contains its readme, its licence, and no test and no source of the server", async () => {
  const files = (await readdir(installed, { recursive: true })).filter((name) => !name.startsWith("node_modules"));
  expect(files).toEqual(
    expect.arrayContaining(["README.md", "LICENSE", "index.js", "cjs/index.js", "server/index.d.ts"]),
  );
  expect(files.filter((name) => /\.test\.|\.tsx?$/.test(name.replace(/\.d\.ts$/, "")))).toEqual([]);
});

it("exports the same from each module, imported and required", async () => {
  expect(subpaths()).toEqual(
    expect.arrayContaining(["portcullis/client", "portcullis/client/apollo", "portcullis/server"]),
  );
  const names = (modules: string) => `JSON.stringify(${modules}.map((one) => Object.keys(one).toSorted()))`;
  const paths = JSON.stringify(subpaths());
  await writeFile(
    join(frontend, "import.mjs"),
    `const modules = await Promise.all(${paths}.map((path) => import(path)));\nconsole.log(${names("modules")});\n`,
  );
  await writeFile(join(frontend, "require.cjs"), `console.log(${names(`${paths}.map((path) => require(path))`)});\n`);
  const [imported, required] = await Promise.all(
    ["import.mjs", "require.cjs"].map((file) => run(process.execPath, [file], { cwd: frontend })),
  );
  expect(JSON.parse(imported?.stdout ?? "")).toEqual(JSON.parse(required?.stdout ?? ""));
  expect(JSON.parse(imported?.stdout ?? "").flat()).toEqual(
    expect.arrayContaining(["createAuth", "createAuthLink", "authExchange", "createServerAuth"]),
  );
});

it("has types for each kind of module and of resolution", async () => {
  const imports = subpaths().map((path, n) => `import * as module${n} from "${path}";`);
  const uses = subpaths().map((_, n) => `module${n}`);
  const consumer = `${imports.join("\n")}
import { createAuth } from "portcullis/client";
import { createServerAuth, type ServerSession } from "portcullis/server";
export const state: "UNKNOWN" | "SIGNED_IN" | "SIGNED_OUT" = createAuth({ url: "/graphql", transport: "COOKIE" }).getState().status;
export const session: Promise<ServerSession | null> = createServerAuth({ url: "https://id.test/graphql" }).verify("token");
export const modules: object[] = [${uses.join(", ")}];
`;
  // A misuse is reported, so the types exist and are not \`any\`.
  const wrong = `import { createAuth } from "portcullis/client";\ncreateAuth({ url: 1 });\n`;
  for (const kind of ["mts", "cts", "ts"]) {
    await writeFile(join(frontend, `consumer.${kind}`), consumer);
    await writeFile(join(frontend, `wrong.${kind}`), wrong);
  }
  await Promise.all([
    tsc(frontend, [...NODE, "consumer.mts", "consumer.cts"]),
    tsc(frontend, [...BUNDLER, "consumer.ts"]),
    expect(tsc(frontend, [...NODE, "wrong.mts"])).rejects.toThrow("TS2322"),
    expect(tsc(frontend, [...NODE, "wrong.cts"])).rejects.toThrow("TS2322"),
  ]);
});

const STRICT = "--noEmit --strict --skipLibCheck --target es2022 --lib es2022,dom --jsx react-jsx".split(" ");
const NODE = [...STRICT, "--module", "node16"];
const BUNDLER = [...STRICT, "--module", "esnext", "--moduleResolution", "bundler"];

it("compiles in a strict frontend, as the guides show, with either kind of module resolution", async () => {
  const files = (await Promise.all(["client", "frontend-tenants", "frontend"].map(writeBlocksOf))).flat();
  expect(files).toHaveLength(4);
  await Promise.all([tsc(frontend, [...NODE, ...files]), tsc(frontend, [...BUNDLER, ...files], "typescript")]);
});

it.each([
  ["server-rendering", 10],
  ["mobile", 4],
])("compiles with frameworks, as the guide %s shows", async (guide, count) => {
  await writeFile(join(frontend, "frameworks.d.ts"), FRAMEWORK_TYPES);
  const files = await writeBlocksOf(guide);
  expect(files).toHaveLength(count);
  await tsc(frontend, [...BUNDLER, "frameworks.d.ts", ...files]);
});

/** Writes the blocks of a guide that are modules, each to the file that the guide names. */
const writeBlocksOf = async (guide: string): Promise<string[]> => {
  const page = await readFile(join(PROJECT, `docs/${guide}.md`), "utf8");
  const blocks = [...page.matchAll(/^```(tsx?) ?(\S*)\n([\s\S]*?)^```/gm)].filter(
    ([, , name]) => name !== "vite.config.ts",
  );
  const files = blocks.map(([, kind, name, text = ""], n) => ({
    path: join(guide, name || `block-${n}.${kind}`),
    text,
  }));
  for (const { path, text } of files) {
    await mkdir(join(frontend, path, ".."), { recursive: true });
    await writeFile(join(frontend, path), text);
  }
  return files.map(({ path }) => path);
};

it("runs in Node without a window, and does not keep the process alive", async () => {
  const script = `
    import { createAuth, socketOptions } from "portcullis/client";
    import { createAuthLink } from "portcullis/client/apollo";
    import { authExchange } from "portcullis/client/urql";
    const fetch = async () => ({ status: 401, json: async () => ({ errors: [{ extensions: { code: "INVALID_REFRESH_TOKEN" } }] }) });
    const auth = createAuth({ url: "http://api.test/graphql", transport: "COOKIE", fetch });
    for (const made of [createAuthLink(auth), authExchange(auth), socketOptions(auth)]) if (!made) throw new Error("The function returned nothing.");
    console.log(JSON.stringify(await auth.ready()));
  `;
  await writeFile(join(frontend, "server.js"), script);
  const { stdout } = await run(process.execPath, ["server.js"], { cwd: frontend });
  expect(JSON.parse(stdout)).toMatchObject({ status: "SIGNED_OUT", sessionId: null, reason: null, tenantId: null });
});

/** The packages that a module imports, itself and by the modules that it imports. */
const packagesOf = async (file: string, seen = new Set<string>()): Promise<Set<string>> => {
  const found = new Set<string>();
  if (seen.has(file)) return found;
  seen.add(file);
  for (const [, from = ""] of (await readFile(file, "utf8")).matchAll(/\bfrom "([^"]+)"/g)) {
    const imported = from.startsWith(".") ? await packagesOf(join(file, "..", from), seen) : [from];
    for (const name of imported) found.add(name);
  }
  return found;
};

it("imports nothing in its core, and only jose on servers", async () => {
  expect(manifest.dependencies).toEqual({ jose: expect.stringMatching(/^\^6\./) });
  expect([...(await packagesOf(join(installed, "index.js")))]).toEqual([]);
  expect([...(await packagesOf(join(installed, "server/index.js")))]).toEqual(["jose"]);
});

/** Bundles modules for browsers, minified. */
const bundle = async (entry: string): Promise<string> => {
  const input = join(frontend, "entry.js");
  await writeFile(input, entry);
  const [output] = await build({
    root: frontend,
    configFile: false,
    logLevel: "error",
    build: {
      write: false,
      minify: "esbuild",
      target: "es2022",
      rollupOptions: { input, preserveEntrySignatures: "strict" },
    },
  }).then((built) => [built].flat());
  if (!output || !("output" in output)) throw new Error("Nothing was built.");
  return output.output[0].code;
};

it("marks the modules for React as those of the client, so that server components can render them", async () => {
  for (const file of ["react/index.js", "cjs/react/index.js"])
    expect(await readFile(join(installed, file), "utf8")).toMatch(/^"use (client|strict)";\n("use client";\n)?/);
});

it("is small: the login and its socket are at most 7.5 kB compressed", async () => {
  const size = gzipSync(await bundle('export { createAuth, socketOptions } from "portcullis/client";\n')).length;
  expect(size).toBeGreaterThan(1_000);
  expect(size).toBeLessThan(7_500);
});
