import { access, readFile } from "node:fs/promises";
import { expect, it } from "vitest";

const README = new URL("../../README.md", import.meta.url);

/** What is prose: code shows links that are not ours. */
const readProse = async (): Promise<string> => (await readFile(README, "utf8")).replaceAll(/^```[\s\S]*?^```/gm, "");

const linksIn = (prose: string): string[] => [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);

/** As GitHub makes them of headings. */
const anchorsIn = (prose: string): string[] =>
  [...prose.matchAll(/^#+ (.+)$/gm)].map(
    ([, heading = ""]) =>
      `#${heading
        .toLowerCase()
        .replaceAll(/[^\w -]/g, "")
        .replaceAll(" ", "-")}`,
  );

it("leads to headings that are there, and names each section where it says what to read", async () => {
  const prose = await readProse();
  const anchors = anchorsIn(prose);
  const links = linksIn(prose).filter((link) => link.startsWith("#"));
  expect(links.filter((link) => !anchors.includes(link))).toEqual([]);
  const [, contents = ""] = prose.split("\n## Where to read on\n");
  const [table = "", ...sections] = contents.split(/^(?=#)/m);
  expect(linksIn(table).toSorted()).toEqual(sections.flatMap(anchorsIn).toSorted());
});

it("leads to files that are there", async () => {
  const files = linksIn(await readProse()).filter((link) => !/^(#|https?:)/.test(link));
  expect(files.length).toBeGreaterThan(5);
  for (const file of files) await access(new URL(file, README));
});
