import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompressSync } from "node:zlib";
import { build } from "vite";
import { beforeAll, expect, inject, it } from "vitest";

const PROJECT = fileURLToPath(new URL("../../..", import.meta.url));
const run = promisify(execFile);

/** A frontend that has this package, as sources, next to React. */
let frontend: string;
beforeAll(async () => {
  frontend = await mkdtemp(join(inject("runDirectory"), "react-"));
  const modules = join(frontend, "node_modules");
  await mkdir(join(modules, "@types"), { recursive: true });
  for (const name of ["react", "@types/react", "csstype"])
    await symlink(join(PROJECT, "node_modules", name), join(modules, name));
  await writeFile(join(frontend, "package.json"), '{ "type": "module" }');
});

it("compiles in a strict app, as the guide shows", async () => {
  const guide = await readFile(join(PROJECT, "docs/react.md"), "utf8");
  const blocks = [...guide.matchAll(/^```tsx? (\S+)\n([\s\S]*?)^```/gm)];
  expect(blocks.map(([, name]) => name)).toEqual(expect.arrayContaining(["app.tsx", "login-form.tsx"]));
  for (const [, name = "", block = ""] of blocks) await writeFile(join(frontend, name), block);
  const paths = {
    "portcullis/client": [join(PROJECT, "src/client/index.ts")],
    "portcullis/react": [join(PROJECT, "src/client/react/index.ts")],
  };
  const compilerOptions = {
    noEmit: true,
    strict: true,
    skipLibCheck: true,
    target: "es2022",
    lib: ["es2022", "dom", "dom.iterable"],
    module: "esnext",
    moduleResolution: "bundler",
    jsx: "react-jsx",
    allowImportingTsExtensions: true,
    types: [],
    paths,
  };
  await writeFile(join(frontend, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts", "*.tsx"] }));
  const compile = () => run(process.execPath, [join(PROJECT, "node_modules/typescript/bin/tsc"), "-p", frontend]);
  await compile().catch((error) => expect.fail(error.stdout));

  // An action of another step is reported.
  await writeFile(
    join(frontend, "wrong.ts"),
    'import { loginFlow } from "./auth.ts";\nconst state = loginFlow.getState();\nif (state.step === "CONFIRMATION") state.submitCode("1");\n',
  );
  await expect(compile()).rejects.toMatchObject({ stdout: expect.stringContaining("TS2339") });
});

it("has a login form of at most 60 lines in its guide", async () => {
  const guide = await readFile(join(PROJECT, "docs/react.md"), "utf8");
  const [, form = ""] = /^```tsx login-form\.tsx\n([\s\S]*?)^```/m.exec(guide) ?? [];
  expect(form.trim().split("\n").length).toBeLessThanOrEqual(60);
  expect(form).toContain("useLogin");
});

/** The compressed size of what an app gets that imports this, beside React. */
const sizeOf = async (exports: string): Promise<number> => {
  const entry = join(frontend, "entry.ts");
  await writeFile(entry, exports.replaceAll("client/", `${join(PROJECT, "src/client")}/`));
  const [output] = await build({
    root: frontend,
    configFile: false,
    logLevel: "error",
    build: {
      write: false,
      minify: true,
      target: "es2022",
      rollupOptions: { input: entry, external: /^react/, preserveEntrySignatures: "strict" },
    },
  }).then((built) => [built].flat());
  if (!output || !("output" in output)) throw new Error("Nothing was built.");
  return brotliCompressSync(output.output[0].code).length;
};

const CLIENT = 'export * from "client/index.ts";\n';
const CREATE_AUTH =
  'export { createAuth, createPasskey, errorOf, getPasskey, socketOptions } from "client/index.ts";\n';
const GUARDS = "AuthProvider, RequireAuth, SignedIn, SignedOut, useAuth, useSession, useUser";

/** By how much an app grows that imports these names of `portcullis/react` beside `core`. */
const growthOf = async (core: string, names: string): Promise<number> =>
  (await sizeOf(`${core}export { ${names} } from "client/react/index.ts";\n`)) - (await sizeOf(core));

it("adds less than 1 kB to the core, which contains the flows", async () => {
  const growth = await growthOf(CLIENT, `${GUARDS}, useLogin, useReauthenticate`);
  expect(growth).toBeGreaterThan(500);
  expect(growth).toBeLessThan(1_000);
});

it("adds to createAuth at most 1.3 kB for guards and user, and 4.6 kB with login flow and step-up", async () => {
  expect(await growthOf(CREATE_AUTH, GUARDS)).toBeLessThan(1_300);
  expect(await growthOf(CREATE_AUTH, `${GUARDS}, useLogin, useReauthenticate`)).toBeLessThan(4_600);
});
