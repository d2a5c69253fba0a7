import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";

const read = (path: string): Promise<string> => readFile(new URL(`../../${path}`, import.meta.url), "utf8");

it("the image is built with every file that the build names", async () => {
  const { scripts } = JSON.parse(await read("package.json"));
  const named = [...scripts.build.matchAll(/\btest\/config\/\S+/g)].map(([path]) => path);
  expect(named).toContain("test/config/tsconfig.build.json");
  const kept = (await read("deploy/Dockerfile.dockerignore")).split("\n").filter((line) => line.startsWith("!"));
  expect(kept).toEqual(expect.arrayContaining(named.map((path) => `!${path}`)));
});
