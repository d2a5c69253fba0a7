import { once } from "node:events";
import { mkdtemp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createServer, type UserConfig, type ViteDevServer } from "vite";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import WebSocket from "ws";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

// The Vite configuration of docs/frontend.md, between a page on localhost and a server without CORS_ORIGINS.

const PAGE = "http://localhost:5173";

let app: TestApp;
let vite: ViteDevServer;
let url: string;
beforeAll(async () => {
  app = await startTestApp();
  const guide = await readFile(new URL("../../../docs/frontend.md", import.meta.url), "utf8");
  const [, block = ""] = /^```ts vite\.config\.ts\n([\s\S]*?)^```/m.exec(guide) ?? [];
  const source = block
    .replace(/^import .*$/m, "")
    .replace("export default", "return")
    .replace("http://localhost:4000", app.url);
  const { server }: UserConfig = new Function("defineConfig", source)((config: UserConfig) => config);
  expect(server?.port).toBe(5173);
  const root = await mkdtemp(join(inject("runDirectory"), "vite-"));
  vite = await createServer({ configFile: false, root, logLevel: "silent", server: { ...server, port: 0 } });
  await vite.listen();
  url = `${vite.resolvedUrls?.local[0] ?? ""}graphql`;
});
afterAll(async () => {
  await vite?.close();
  await app?.stop();
});

it("passes operations of the page through Vite to the API", async () => {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", origin: PAGE },
    body: JSON.stringify({ query: "{ authSettings { __typename } }" }),
  });
  expect(await response.json()).toEqual({ data: { authSettings: { __typename: "AuthSettings" } } });
});

it("passes sockets of the page through Vite to the API", async () => {
  const socket = new WebSocket(url.replace(/^http/, "ws"), "graphql-transport-ws", { origin: PAGE });
  await once(socket, "open");
  socket.terminate();
});
