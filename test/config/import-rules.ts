import type { IFlattenedRuleSet, IRegularForbiddenRuleType } from "dependency-cruiser";

const forbid = (
  name: string,
  comment: string,
  from: IRegularForbiddenRuleType["from"],
  to: IRegularForbiddenRuleType["to"],
): IRegularForbiddenRuleType => ({ name, comment, severity: "error", from, to });

/** From the top: each layer may import from the layers below it. */
const LAYERS = [
  { name: "main", path: "^src/(main\\.ts$|cli\\.ts$|cli/)" },
  {
    name: "app",
    path: "^src/app/",
  },
  { name: "dev", path: "^src/dev/" },
  { name: "graphql", path: "^src/graphql/" },
  { name: "features", path: "^src/features/" },
  { name: "platform", path: "^src/platform/" },
  { name: "shared", path: "^src/shared/" },
];

const TESTS = "\\.test\\.tsx?$";
const CLIENT = "^src/client/";
const WEB = "^src/web/";
const CLIENT_ADAPTERS = "^src/client/((apollo|urql)\\.ts$|react/)";
const CLIENT_SERVER = "^src/client/server/";
const TABLES = "\\.table\\.ts$";
const packages = (...names: string[]) => `(^|/)(${names.join("|")})(/|$)`;

/** The allowed imports. A failing test prints the name of the rule. */
export function importRules(featureOrder: readonly string[]): IFlattenedRuleSet {
  return {
    forbidden: [
      ...LAYERS.slice(1).map((layer, index) =>
        forbid(
          `${layer.name}-never-upward`,
          "main → app → dev → graphql → features → platform → shared",
          { path: layer.path },
          { path: LAYERS.slice(0, index + 1).map(({ path }) => path) },
        ),
      ),
      forbid(
        "shared-without-io",
        "no files, no network, no framework",
        { path: "^src/shared/", pathNot: TESTS },
        {
          path: [
            packages("fs", "net", "http", "https", "child_process"),
            packages("fastify", "graphql", "type-graphql", "drizzle-orm", "postgres", "ioredis"),
          ],
        },
      ),
      forbid(
        "resolver-is-one-call",
        "resolver → service, never a repository or a table",
        { path: "^src/features/.*\\.resolver\\.ts$" },
        { path: ["\\.(repository|table)\\.ts$", packages("drizzle-orm", "postgres", "ioredis")] },
      ),
      forbid(
        "service-without-graphql",
        "a use case does not know how it is called",
        { path: "^src/features/.*\\.service\\.ts$" },
        { path: ["\\.(resolver|graphql)\\.ts$", packages("graphql", "type-graphql")] },
      ),
      forbid(
        "policy-imports-only-shared",
        "rules are pure",
        { path: "^src/features/([^/]+)/.*\\.policy\\.ts$" },
        { pathNot: ["^src/shared/", "^src/features/"] },
      ),
      forbid(
        "policy-knows-only-types",
        "from features, a rule imports types at most",
        { path: "^src/features/([^/]+)/.*\\.policy\\.ts$" },
        { path: "^src/features/", dependencyTypesNot: ["type-only"] },
      ),
      forbid(
        "feature-through-its-index",
        "other modules use index.ts only",
        { path: "^src/features/([^/]+)/", pathNot: [TESTS, TABLES] },
        { path: "^src/features/[^/]+/", pathNot: ["^src/features/$1/", "^src/features/[^/]+/index\\.ts$"] },
      ),
      forbid(
        "table-refers-to-tables",
        "a foreign key refers to the other table itself, because drizzle-kit reads tables without the program",
        { path: `^src/features/([^/]+)/.*${TABLES}` },
        { path: "^src/features/[^/]+/", pathNot: ["^src/features/$1/", TABLES] },
      ),
      forbid(
        "feature-through-its-index-from-above",
        "other modules use index.ts only",
        {
          path: LAYERS.slice(0, 4)
            .map(({ path }) => path)
            .concat("^src/features/[^/]+\\.ts$"),
        },
        { path: "^src/features/[^/]+/", pathNot: "^src/features/[^/]+/index\\.ts$" },
      ),
      ...featureOrder
        .slice(0, -1)
        .map((feature, index) =>
          forbid(
            `${feature}-knows-only-earlier-features`,
            "the order of src/features/index.ts",
            { path: `^src/features/${feature}/` },
            { path: `^src/features/(${featureOrder.slice(index + 1).join("|")})/` },
          ),
        ),
      forbid(
        "client-core-stands-alone",
        "it runs in browsers, with any client library or none",
        { path: CLIENT, pathNot: [TESTS, CLIENT_ADAPTERS, CLIENT_SERVER] },
        { pathNot: CLIENT },
      ),
      forbid(
        "client-adapter-knows-its-library",
        "it runs in browsers, with one client library",
        { path: CLIENT_ADAPTERS, pathNot: TESTS },
        { pathNot: [CLIENT, packages("@apollo/client", "@urql/core", "wonka", "react", "@types/react")] },
      ),
      forbid(
        "client-server-knows-jose",
        "it runs in Node and in edge runtimes",
        { path: CLIENT_SERVER, pathNot: TESTS },
        { pathNot: [CLIENT, packages("jose")] },
      ),
      forbid(
        "server-without-client",
        "browser code stays there",
        { path: "^src/", pathNot: [CLIENT, WEB] },
        { path: CLIENT },
      ),
      forbid(
        "web-knows-only-client-and-shared",
        "the hosted pages call the API as any frontend does; from the server they use rules without I/O",
        { path: WEB },
        { path: "^src/", pathNot: [WEB, CLIENT, "^src/shared/"] },
      ),
      forbid("web-without-node", "it runs in browsers", { path: WEB, pathNot: TESTS }, { dependencyTypes: ["core"] }),
      forbid(
        "server-without-web",
        "the server reads the built pages only",
        { path: "^src/", pathNot: WEB },
        { path: WEB },
      ),
      forbid("no-circle", "two files that import each other belong in one file, or in three", {}, { circular: true }),
      forbid(
        "no-tests-in-the-product",
        "what src imports is shipped",
        { path: "^src/", pathNot: TESTS },
        { path: ["^test/", TESTS] },
      ),
      forbid(
        "no-development-packages-in-the-product",
        "production installs without them",
        // Vite bundles the packages of the pages.
        { path: "^src/", pathNot: [TESTS, CLIENT_ADAPTERS, WEB] },
        { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only"] },
      ),
      forbid("nothing-unknown", "every import leads somewhere", {}, { couldNotResolve: true }),
    ],
  };
}
