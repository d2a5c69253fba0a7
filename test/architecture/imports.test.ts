import { mkdir, mkdtemp, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cruise, type ICruiseResult } from "dependency-cruiser";
import extractTsConfig from "dependency-cruiser/config-utl/extract-ts-config";
import { beforeAll, describe, expect, inject, it } from "vitest";
import { FEATURES } from "#features/index";
import { importRules } from "../config/import-rules.ts";

const FEATURE_ORDER = FEATURES.map(({ name }) => name);

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

/** Every violation below `baseDir`, as `rule: from → to`. */
async function listViolations(baseDir: string): Promise<string[]> {
  const tsConfig = extractTsConfig(join(PROJECT, "tsconfig.json"));
  const options = {
    baseDir,
    ruleSet: importRules(FEATURE_ORDER),
    validate: true,
    // Type imports count, too, although they disappear when compiled.
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
  };
  // Resolves a package's entries as Node does (`@simplewebauthn/server/helpers`).
  const resolution = {
    exportsFields: ["exports"],
    importsFields: ["imports"],
    conditionNames: ["node", "import", "default"],
  };
  const { output } = await cruise(["src"], options, resolution, { tsConfig });
  return (output as ICruiseResult).summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`);
}

it("finds every feature in the order", async () => {
  const entries = await readdir(join(PROJECT, "src/features"), { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  expect(folders.sort()).toEqual([...FEATURE_ORDER].sort());
});

it("finds no import against the rules", async () => {
  expect(await listViolations(PROJECT)).toEqual([]);
});

describe("the rules report violations", () => {
  const [first, second] = FEATURE_ORDER;
  const last = FEATURE_ORDER[FEATURE_ORDER.length - 1];

  const inFirst = (name: string) => `src/features/${first}/${name}`;
  const inSecond = (name: string) => `src/features/${second}/${name}`;
  const TYPE = "import type { A } from";

  /** For each rule a file, and statements that each violate it. */
  const OFFENDERS: Record<string, [path: string, ...imports: string[]]> = {
    "app-never-upward": ["src/app/app.ts", 'import "../main.ts"', 'import "../cli.ts"'],
    "dev-never-upward": ["src/dev/up.ts", 'import "#app/config"', 'import "../main.ts"'],
    "graphql-never-upward": ["src/graphql/server.ts", 'import "../dev/up.ts"', 'import "#app/config"'],
    "features-never-upward": [inFirst("up.ts"), 'import "../../graphql/server.ts"', 'import "#app/config"'],
    "platform-never-upward": ["src/platform/up.ts", `import "../features/${first}/index.ts"`, 'import "#app/config"'],
    "shared-never-upward": ["src/shared/up.ts", `${TYPE} "../platform/a.ts"`, `import "../features/${first}/index.ts"`],
    "shared-without-io": ["src/shared/io.ts", 'import "node:fs/promises"', 'import "drizzle-orm/pg-core"'],
    "resolver-is-one-call": [
      inFirst("a.resolver.ts"),
      `${TYPE} "./a.repository.ts"`,
      'import "./a.table.ts"',
      'import "drizzle-orm/pg-core"',
      'import "ioredis"',
    ],
    "service-without-graphql": [
      inFirst("a.service.ts"),
      'import "graphql"',
      'import "type-graphql"',
      'import "./a.resolver.ts"',
    ],
    "policy-imports-only-shared": [
      inSecond("a.policy.ts"),
      `${TYPE} "../../platform/a.ts"`,
      'import "graphql"',
      'import "node:crypto"',
    ],
    "policy-knows-only-types": [
      inSecond("b.policy.ts"),
      'import "./a.policy.ts"',
      'import "./innocent.service.ts"',
      `import "../${first}/index.ts"`,
    ],
    "feature-through-its-index": [
      inSecond("in.ts"),
      `import "../${first}/a.repository.ts"`,
      `${TYPE} "../${first}/a.table.ts"`,
    ],
    "table-refers-to-tables": [inSecond("b.table.ts"), `import "../${first}/index.ts"`],
    "feature-through-its-index-from-above": ["src/graphql/in.ts", `import "../features/${first}/a.repository.ts"`],
    [`${first}-knows-only-earlier-features`]: [
      inFirst("later.ts"),
      `import "../${second}/index.ts"`,
      `${TYPE} "../${last}/index.ts"`,
    ],
    "client-core-stands-alone": [
      "src/client/core.ts",
      'import "../shared/a.ts"',
      'import "react"',
      `${TYPE} "../platform/a.ts"`,
      'import "node:crypto"',
      'import "graphql"',
    ],
    "client-adapter-knows-its-library": ["src/client/urql.ts", 'import "../shared/a.ts"', 'import "graphql"'],
    "client-server-knows-jose": ["src/client/server/in.ts", 'import "node:crypto"', 'import "@apollo/client"'],
    "server-without-client": ["src/shared/browser.ts", `${TYPE} "../client/a.ts"`],
    "web-knows-only-client-and-shared": [
      "src/web/server.tsx",
      `${TYPE} "../platform/a.ts"`,
      'import "#app/config"',
      `import "../features/${first}/index.ts"`,
    ],
    "web-without-node": ["src/web/io.ts", 'import "node:crypto"', 'import "fs"'],
    "server-without-web": ["src/platform/pages.ts", 'import "../web/a.tsx"'],
    "no-circle": ["src/platform/circle-2.ts", 'import "./circle.ts"'],
    "no-tests-in-the-product": ["src/platform/tested.ts", 'import "./a.test.ts"', 'import "../../test/support.ts"'],
    "no-development-packages-in-the-product": ["src/platform/dev.ts", 'import "vitest"'],
    "nothing-unknown": ["src/platform/unknown.ts", 'import "./nowhere.ts"', 'import "not-installed"'],
  };

  const INNOCENT: typeof OFFENDERS = {
    policy: [inFirst("innocent.policy.ts"), 'import "../../shared/a.ts"', `${TYPE} "./a.table.ts"`],
    "policy's test": [inFirst("innocent.policy.test.ts"), 'import "vitest"', 'import "./innocent.policy.ts"'],
    table: [inSecond("innocent.table.ts"), `import "../${first}/a.table.ts"`],
    service: [inSecond("innocent.service.ts"), `import "../${first}/index.ts"`, 'import "../../platform/a.ts"'],
    "client library's adapter": ["src/client/apollo.ts", 'import "./a.ts"', 'import "@apollo/client"'],
    page: ["src/web/page.tsx", 'import "#shared/a"', 'import "../client/a.ts"', 'import "./a.tsx"', 'import "vitest"'],
    "page's test": ["src/web/page.test.tsx", 'import "vitest"', 'import "node:fs"', 'import "./page.tsx"'],
    main: ["src/main.ts", 'import "#app/config"', 'import "#platform/a"', `import "./features/${first}/index.ts"`],
  };

  const DEVELOPMENT_PACKAGES = ["vitest", "@apollo/client"];
  const PACKAGES = ["graphql", "type-graphql", "drizzle-orm", "ioredis"];
  const EMPTY = [
    "src/cli.ts",
    "src/app/config.ts",
    "src/client/a.ts",
    "src/platform/a.ts",
    "src/platform/a.test.ts",
    "src/shared/a.ts",
    "src/web/a.tsx",
  ].concat(
    [inFirst("index.ts"), inFirst("a.repository.ts"), inFirst("a.table.ts"), inSecond("index.ts")],
    [`src/features/${last}/index.ts`, "test/support.ts", "node_modules/drizzle-orm/pg-core.js"],
    [...PACKAGES, ...DEVELOPMENT_PACKAGES].map((name) => `node_modules/${name}/index.js`),
  );

  const FILES: [path: string, text: string][] = [
    ...EMPTY.map((path): [string, string] => [path, "export {};"]),
    ...[...Object.values(OFFENDERS), ...Object.values(INNOCENT)].map(([path, ...imports]): [string, string] => [
      path,
      `${imports.join(";\n")};\nexport type B = A;`,
    ]),
    ["src/platform/circle.ts", 'import "./circle-2.ts";'],
    [
      "package.json",
      JSON.stringify({
        type: "module",
        imports: { "#*": "./src/*.ts" },
        dependencies: Object.fromEntries(PACKAGES.map((name) => [name, "1"])),
        devDependencies: Object.fromEntries(DEVELOPMENT_PACKAGES.map((name) => [name, "1"])),
      }),
    ],
    ...[...PACKAGES, ...DEVELOPMENT_PACKAGES].map((name): [string, string] => [
      `node_modules/${name}/package.json`,
      '{ "main": "index.js" }',
    ]),
  ];

  let violations: string[];

  beforeAll(async () => {
    const tree = await mkdtemp(join(inject("runDirectory"), "bad-imports-"));
    for (const [path, text] of FILES) {
      await mkdir(dirname(join(tree, path)), { recursive: true });
      await writeFile(join(tree, path), text);
    }
    violations = await listViolations(tree);
  });

  it.each(Object.entries(OFFENDERS))("%s", (rule, [path, ...imports]) => {
    const found = violations.filter((violation) => violation.startsWith(`${rule}: ${path} → `));
    expect(found, violations.join("\n")).toHaveLength(imports.length);
  });

  it("have an offender for every rule, with one feature's order for all", () => {
    const names = importRules(FEATURE_ORDER).forbidden?.map(({ name }) => name ?? "") ?? [];
    const covered = names.filter(
      (name) => !name.endsWith("-knows-only-earlier-features") || name.startsWith(`${first}-`),
    );
    expect(Object.keys(OFFENDERS).sort()).toEqual(covered.sort());
  });

  it.each(Object.entries(INNOCENT))("but not an innocent %s", (_, [path]) => {
    expect(violations.filter((violation) => violation.includes(`: ${path} → `))).toEqual([]);
  });
});
