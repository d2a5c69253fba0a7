import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { beforeAll, expect, inject, it } from "vitest";

const PROJECT = fileURLToPath(new URL("../../..", import.meta.url));
const run = promisify(execFile);
const tsc = (cwd: string, ...args: string[]) =>
  run(process.execPath, [join(PROJECT, "node_modules/typescript/bin/tsc"), ...args], { cwd }).catch((error) => {
    throw new Error(error.stdout);
  });

/** A frontend that has this package, as built, and the client libraries next to it. */
let frontend: string;
let installed: string;

beforeAll(async () => {
  frontend = await mkdtemp(join(inject("runDirectory"), "frontend-"));
  installed = join(frontend, "node_modules/portcullis");
  await mkdir(join(frontend, "node_modules"));
  for (const name of ["@apollo", "@urql", "wonka", "graphql", "graphql-ws", "rxjs", "@graphql-typed-document-node"])
    await symlink(join(PROJECT, "node_modules", name), join(frontend, "node_modules", name));
  await writeFile(join(frontend, "package.json"), '{ "type": "module" }');
  // Built as `npm run build` builds dist/client, which is then installed unchanged.
  const built = join(frontend, "dist");
  await tsc(PROJECT, "-p", "scripts/tsconfig.client.json", "--outDir", built);
  await run(process.execPath, [join(PROJECT, "scripts/client-package.mjs"), join(built, "client")]);
  await rename(join(built, "client"), installed);
});

it("compiles in a strict frontend, as the guides show, with either kind of module resolution", async () => {
  const pages = await Promise.all(
    ["client", "frontend-tenants", "frontend"].map((page) => readFile(join(PROJECT, `docs/${page}.md`), "utf8")),
  );
  const blocks = pages.flatMap((page) => [...page.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, block = ""]) => block));
  expect(blocks).toHaveLength(4);
  for (const [n, block] of blocks.entries()) await writeFile(join(frontend, `block-${n}.ts`), block);
  const files = blocks.map((_, n) => `block-${n}.ts`);
  const strict = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--lib", "es2022,dom"];
  await tsc(frontend, ...strict, "--module", "nodenext", ...files);
  await tsc(frontend, ...strict, "--module", "esnext", "--moduleResolution", "bundler", ...files);

  // A misuse is reported, so the types exist and are not `any`.
  await writeFile(
    join(frontend, "wrong.ts"),
    'import { createAuth } from "portcullis/client";\ncreateAuth({ url: 1 });\n',
  );
  await expect(tsc(frontend, ...strict, "--module", "nodenext", "wrong.ts")).rejects.toThrow("TS2322");
});

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

it("has a core that imports nothing", async () => {
  const { dependencies } = JSON.parse(await readFile(join(installed, "package.json"), "utf8"));
  expect(dependencies).toBeUndefined();
  const names = (await readdir(installed)).filter((name) => name.endsWith(".js") && !/^(apollo|urql)\.js$/.test(name));
  expect(names).toContain("index.js");
  for (const name of names)
    for (const [, from] of (await readFile(join(installed, name), "utf8")).matchAll(/\bfrom "([^"]+)"/g))
      expect(from).toMatch(/^\.\//);
});

it("is small: the login and its socket are at most 7.5 kB compressed", async () => {
  const entry = join(frontend, "entry.js");
  await writeFile(entry, 'export { createAuth, socketOptions } from "portcullis/client";\n');
  const [output] = await build({
    root: frontend,
    configFile: false,
    logLevel: "error",
    build: {
      write: false,
      minify: "esbuild",
      target: "es2022",
      rollupOptions: { input: entry, preserveEntrySignatures: "strict" },
    },
  }).then((built) => [built].flat());
  if (!output || !("output" in output)) throw new Error("Nothing was built.");
  const size = gzipSync(output.output[0].code).length;
  expect(size).toBeGreaterThan(1_000);
  expect(size).toBeLessThan(7_500);
});
