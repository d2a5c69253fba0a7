import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { WEB_SOURCES } from "#dev/web-build";

const read = (path: string): Promise<string> => readFile(new URL(`../../${path}`, import.meta.url), "utf8");

it("the image is built with every file that the build needs", async () => {
  const { scripts } = JSON.parse(await read("package.json"));
  expect(scripts.build).toContain("npm run build:web");
  const commands = `${scripts.build} ${scripts["build:web"]}`;
  const ofServer = [...commands.matchAll(/\bscripts\/\S+/g)].map(([path]) => path);
  expect(ofServer).toContain("scripts/bundle.ts");
  const ofPages = WEB_SOURCES.filter((path) => !path.startsWith("src/"));
  expect(ofPages).toContain("schema.graphql");
  const named = [...ofServer, ...ofPages];
  const kept = (await read("deploy/Dockerfile.dockerignore")).split("\n").filter((line) => line.startsWith("!"));
  expect(kept).toEqual(expect.arrayContaining(named.map((path) => `!${path}`)));
});

it("the proxy of the compose file answers /metrics itself, and passes on everything else", async () => {
  const [, site = ""] = /content: \|\n([\s\S]*?)\n\n/.exec(await read("deploy/compose.yaml")) ?? [];
  const lines = site.split("\n").map((line) => line.trim());
  expect(lines.slice(1)).toEqual(["respond /metrics* 404", "reverse_proxy app:4000", "}"]);
});
