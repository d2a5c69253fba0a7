import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import Fastify, { type FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { webFilesIn } from "./files.ts";

describe("the files of the pages", () => {
  let folder: string;
  let app: FastifyInstance;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "web-files-"));
    await mkdir(join(folder, "assets"));
    for (const [name, content] of [
      ["assets/a-1.js", "plain"],
      ["assets/a-1.js.br", "smallest"],
      ["assets/a-1.js.gz", "small"],
      ["icon.svg", "<svg/>"],
      ["index.html", "template"],
    ] as const)
      await writeFile(join(folder, name), content);
    app = Fastify();
    await app.register(fastifyStatic, webFilesIn(folder));
  });
  afterAll(async () => {
    await app.close();
    await rm(folder, { recursive: true });
  });

  const get = (url: string, headers: Record<string, string> = {}) => app.inject({ url, headers });

  it.each([
    ["gzip, br", "br", "smallest"],
    ["gzip", "gzip", "small"],
    ["", undefined, "plain"],
  ])("are sent to a browser that accepts %j as they were compressed: %s", async (accepted, encoding, content) => {
    const { headers, body } = await get("/web/assets/a-1.js", { "accept-encoding": accepted });
    expect(headers["content-encoding"]).toBe(encoding);
    expect(headers["content-type"]).toBe("application/javascript; charset=utf-8");
    expect(headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    expect(body).toBe(content);
  });

  it("have tags that differ by encoding", async () => {
    const [plain, small] = await Promise.all([
      get("/web/assets/a-1.js"),
      get("/web/assets/a-1.js", { "accept-encoding": "br" }),
    ]);
    expect(small.headers.vary).toBe("accept-encoding");
    expect(small.headers.etag).not.toBe(plain.headers.etag);
    const again = await get("/web/assets/a-1.js", { "if-none-match": String(plain.headers.etag) });
    expect([again.statusCode, again.body]).toEqual([304, ""]);
  });

  it("are asked for again if their names contain no hash", async () => {
    expect((await get("/web/icon.svg")).headers["cache-control"]).toBe("no-cache");
  });

  it("do not include the template of the shell", async () => {
    expect((await get("/web/index.html")).statusCode).toBe(404);
  });
});
