import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { signUp } from "../../support/factories/users.ts";
import { buildPages } from "../../support/servers/built-pages.ts";
import { createInstallation, type Installation, type ServerProcess } from "../../support/servers/installation.ts";
import { PRODUCTION } from "../../support/servers/production.ts";

describe("the program that npm run build makes", () => {
  let installation: Installation;
  let server: ServerProcess;
  beforeAll(async () => {
    await buildPages();
    installation = await createInstallation({ ...PRODUCTION, WEB: "on" });
    server = await installation.start();
  });
  afterAll(() => installation?.stop());

  it("migrates the database, answers over GraphQL, and sends mail", async () => {
    const { client, email } = await signUp({ client: server.client, mail: installation.mail });
    expect(await client.ask("{ me { email } }")).toEqual({ me: { email } });
  });

  it("serves the hosted pages with their scripts", async () => {
    const page = await (await fetch(`${server.url}/sign-in`)).text();
    expect(page).toContain('<div id="root">');
    const [, script = ""] = /<script type="module"[^>]* src="([^"]+)"/.exec(page) ?? [];
    expect((await fetch(server.url + script)).status).toBe(200);
  });

  it("is a few files of ASCII text, so that it loads fast", async () => {
    const dist = join(inject("program"), "dist");
    const scripts = (await readdir(dist)).filter((name) => name.endsWith(".js"));
    expect(scripts.length).toBeLessThan(60);
    expect((await stat(join(dist, "main.js"))).size).toBeLessThan(1_000);
  });
});
