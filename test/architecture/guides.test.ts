import { access, readdir, readFile } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

/** The page's prose, because links within code are examples. */
const readProse = async (page: string): Promise<string> =>
  (await readFile(join(PROJECT, page), "utf8")).replaceAll(/^```[\s\S]*?^```/gm, "").replaceAll(/`[^`\n]*`/g, "");

const linksIn = (prose: string): string[] => [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);

/** The anchors that GitHub generates for the headings. */
const anchorsIn = (page: string): Promise<string[]> =>
  readFile(join(PROJECT, page), "utf8").then((text) =>
    [...text.replaceAll(/^```[\s\S]*?^```/gm, "").matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w -]/g, "")
        .replaceAll(" ", "-"),
    ),
  );

const pagesIn = async (folder: string, options: { readonly recursive?: boolean } = {}): Promise<string[]> =>
  (await readdir(join(PROJECT, folder), options))
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name))
    .toSorted();

const pages = [
  ...(await pagesIn(".")),
  ...(await pagesIn("docs", { recursive: true })),
  ...(await pagesIn("examples", { recursive: true })),
  ...(await pagesIn("test")),
];

/** Why a link is broken; null if it is not. */
const faultOf = async (page: string, link: string): Promise<string | null> => {
  if (/^(https?|mailto):/.test(link)) return null;
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? page : normalize(join(dirname(page), path));
  if (target.startsWith("..")) return `${page}: ${link} leads out of the project`;
  const isThere = await access(join(PROJECT, target)).then(
    () => true,
    () => false,
  );
  if (!isThere) return `${page}: there is no ${target}`;
  if (anchor === undefined) return null;
  return (await anchorsIn(target)).includes(anchor) ? null : `${page}: ${target} has no heading #${anchor}`;
};

describe("the documentation", () => {
  it("has pages", () => {
    expect(pages).toEqual(expect.arrayContaining(["README.md", "CONTRIBUTING.md", join("docs", "frontend.md")]));
  });

  it.each(pages)("%s has no broken link", async (page) => {
    const faults = await Promise.all(linksIn(await readProse(page)).map((link) => faultOf(page, link)));
    expect(faults.filter((fault) => fault !== null)).toEqual([]);
  });

  it("has each guide linked from the README", async () => {
    const links = linksIn(await readProse("README.md")).map((link) => normalize(link.split("#")[0] ?? ""));
    const known = [...links, ...(await Promise.all(links.filter((link) => link.endsWith(".md")).map(linksOf))).flat()];
    const guides = pages.filter((page) => dirname(page) === "docs");
    expect(guides.filter((guide) => !known.includes(guide))).toEqual([]);
  });

  it("has a README of at most 150 lines", async () => {
    expect((await readFile(join(PROJECT, "README.md"), "utf8")).split("\n").length).toBeLessThanOrEqual(150);
  });
});

const linksOf = async (page: string): Promise<string[]> =>
  linksIn(await readProse(page)).map((link) => normalize(join(dirname(page), link.split("#")[0] ?? "")));
