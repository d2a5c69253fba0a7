import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, openRaw } from "../../support/clients/live.ts";
import { sendText } from "../../support/clients/raw.ts";
import { newEmail, newPassword } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { buildPages } from "../../support/servers/built-pages.ts";
import { findFreePort, hasIpv6 } from "../../support/servers/ports.ts";
import { PRODUCTION } from "../../support/servers/production.ts";

/** Development as `npm start` runs it: HOST is not set, and mail goes to the mailbox. */
const startDevelopment = async (
  settings: Record<string, string> = {},
): Promise<TestApp & { readonly port: number }> => {
  await buildPages();
  const port = await findFreePort();
  const app = await startTestApp({ settings: { HOST: "", PORT: `${port}`, SMTP_URL: "", WEB: "on", ...settings } });
  return { ...app, port };
};

const FOREIGN_HOSTS = [
  "evil.test",
  "evil.test:4000",
  "localhost.evil.test",
  "evil-localhost",
  "127.0.0.1.evil.test",
  "0.0.0.0",
  "192.168.1.5",
  "[::ffff:7f00:1]",
  "portcullis.test.evil.test",
  "localhost@evil.test",
  "evil.test, localhost",
  "",
];

describe("a development server", () => {
  let app: TestApp & { readonly port: number };
  beforeAll(async () => {
    app = await startDevelopment();
  });
  afterAll(() => app.stop());

  const ask = (path: string, headers: Record<string, string> = {}, method = "GET") =>
    sendText(
      app,
      [
        `${method} ${path} HTTP/1.1`,
        ...Object.entries({ host: `localhost:${app.port}`, connection: "close", ...headers }).map((pair) =>
          pair.join(": "),
        ),
        "\r\n",
      ].join("\r\n"),
    );

  /** Every route of the server, with its methods. */
  const routes = () => {
    const branch: string[] = [];
    return app.server
      .printRoutes({ commonPrefix: false })
      .split("\n")
      .flatMap((line) => {
        const [, indent = "", part, , methods] = /^(.*?)[├└]── (\S*)( \(([A-Z, ]+)\))?/.exec(line) ?? [];
        if (part === undefined) return [];
        branch.length = indent.length / 4;
        branch.push(part);
        const path = branch.join("").replace(/:\w+|\*/g, "x");
        return methods?.split(", ").map((method) => ({ method, path: path.startsWith("/") ? path : `/${path}` })) ?? [];
      });
  };

  it("listens on the loopback addresses only", async () => {
    expect(app.server.addresses().map((address) => (typeof address === "string" ? address : address.address))).toEqual([
      "127.0.0.1",
    ]);
    if (hasIpv6()) {
      const answer = await sendText(
        { url: `http://[::1]:${app.port}` },
        "GET /livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
      );
      expect(answer.status).toBe(200);
    }
  });

  it.each(FOREIGN_HOSTS)("does not serve any route for the Host %j", async (host) => {
    expect(routes()).toContainEqual({ method: "GET", path: "/dev/mailbox/x/html" });
    for (const { method, path } of [...routes(), { method: "GET", path: "/nothing" }]) {
      const { status, text } = await ask(path, { host }, method);
      expect({ method, path, status }).toEqual({ method, path, status: 403 });
      if (method !== "HEAD") expect(JSON.parse(text).errors[0].message).toContain("PUBLIC_URL");
    }
  });

  it("does not serve an absolute URL of a foreign host", async () => {
    for (const address of [
      "http://evil.test/dev/mailbox",
      "HTTP://evil.test:4000/livez",
      "http://localhost@evil.test/livez",
    ])
      expect((await ask(address)).status).toBe(403);
    expect((await ask("http://localhost/livez")).status).toBe(200);
  });

  it.each(FOREIGN_HOSTS.filter(Boolean))("opens no socket for the Host %j", async (host) => {
    const socket = await openRaw(app.url, { headers: { host } });
    expect(socket.refused?.status).toBe(403);
  });

  it.each(["localhost", "LOCALHOST:1", "127.0.0.1:4000", "127.8.9.1", "[::1]:4000", "localhost.", "portcullis.test"])(
    "accepts the Host %s",
    async (host) => {
      expect((await ask("/livez", { host })).status).toBe(200);
      const socket = await openRaw(app.url, { headers: { host } });
      expect(socket.refused).toBeNull();
      socket.socket.terminate();
    },
  );

  it("lets pages of other ports call /graphql and download exports, and read nothing else", async () => {
    const origin = "http://localhost:3000";
    for (const { method, path } of routes()) {
      const { headers } = await ask(path, { origin }, method);
      const allowed = headers.get("access-control-allow-origin")?.trim() ?? null;
      // Both need an access token in a header, which a page of another site does not have.
      if (path === "/graphql" || path.startsWith("/exports/"))
        expect({ path, allowed }).toEqual({ path, allowed: origin });
      else expect({ path, allowed: allowed === "*" ? null : allowed }).toEqual({ path, allowed: null });
      if (path.startsWith("/dev/")) expect({ path, allowed }).toEqual({ path, allowed: null });
    }
  });

  it.each(["https://studio.apollographql.com", "https://sandbox.embed.apollographql.com", "https://evil.test"])(
    "lets a page of %s read nothing",
    async (origin) => {
      for (const path of ["/graphql", "/dev/mailbox.json"])
        for (const method of ["OPTIONS", "GET", "POST"])
          expect(
            (await ask(path, { origin, "access-control-request-method": "POST" }, method)).headers.has(
              "access-control-allow-origin",
            ),
          ).toBe(false);
    },
  );
});

describe("the development mailbox", () => {
  let app: TestApp & { readonly port: number };
  let path: string;
  beforeAll(async () => {
    app = await startDevelopment();
    const input = { email: newEmail("dev"), password: newPassword() };
    await app.client().ask("mutation ($input: RegisterInput!) { register(input: $input) { next } }", { input });
    const [mail] = await eventually(async () => {
      const mails = (await (await fetch(`${app.url}/dev/mailbox.json`)).json()) as { id: string }[];
      return mails.length > 0 && mails;
    }, "the mail");
    path = `/dev/mailbox/${mail?.id}/html`;
  });
  afterAll(() => app.stop());

  const ask = (address: string, headers: Record<string, string>) =>
    sendText(
      app,
      [
        `GET ${address} HTTP/1.1`,
        ...Object.entries({ host: `localhost:${app.port}`, connection: "close", ...headers }).map((pair) =>
          pair.join(": "),
        ),
        "\r\n",
      ].join("\r\n"),
    );

  it("can be read by its own pages, the address bar, followed links and programs", async () => {
    const followed = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
    const own = { "sec-fetch-site": "same-origin", origin: `http://localhost:${app.port}` };
    for (const headers of [{}, { "sec-fetch-site": "none" }, own, followed] as Record<string, string>[])
      for (const address of ["/dev/mailbox", "/dev/mailbox.json", path]) {
        const answer = await ask(address, headers);
        expect(answer.status).toBe(200);
        expect(answer.headers.get("cross-origin-resource-policy")?.trim()).toBe("same-origin");
        expect(answer.headers.has("access-control-allow-origin")).toBe(false);
      }
  });

  it.each([
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { "sec-fetch-site": "same-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" },
    { origin: "http://localhost:3000" },
    { origin: "null" },
    // A tunnel to this machine under the public URL.
    { host: "portcullis.test" },
  ] as Record<string, string>[])("is not shown to a request with %j", async (headers) => {
    for (const address of ["/dev/mailbox", "/dev/mailbox.json", path]) {
      const { status, errors } = await ask(address, headers);
      expect(status).toBe(403);
      expect(errors).toMatchObject([{ extensions: { code: "FORBIDDEN" } }]);
    }
  });

  it("is off when HOST opens the server to other machines", async () => {
    const open = await startDevelopment({ HOST: "0.0.0.0" });
    try {
      for (const address of ["/dev/mailbox", "/dev/mailbox.json", "/dev/mailbox/x"])
        expect((await fetch(`http://127.0.0.1:${open.port}${address}`)).status).toBe(404);
      expect((await fetch(`http://127.0.0.1:${open.port}/livez`)).status).toBe(200);
    } finally {
      await open.stop();
    }
  });
});

describe("a production server", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ settings: PRODUCTION });
  });
  afterAll(() => app.stop());

  it("accepts any Host that its proxy and its probes send", async () => {
    for (const host of ["id.example.com", "10.0.0.7:4000"])
      expect((await sendText(app, `GET /livez HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`)).status).toBe(
        200,
      );
  });

  it.each(["/livez", "/graphql", "/nothing"])("refuses two Host headers at %s", async (path) => {
    const head = `GET ${path} HTTP/1.1\r\nhost: id.example.com\r\nhost: evil.test\r\nconnection: close`;
    expect(await sendText(app, `${head}\r\n\r\n`)).toMatchObject({
      status: 400,
      errors: [{ extensions: { code: "BAD_REQUEST" } }],
    });
    const upgrade = head.replace("close", "upgrade");
    const asked = `${upgrade}\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${btoa("0123456789abcdef")}`;
    expect((await sendText(app, `${asked}\r\n\r\n`)).status).toBe(400);
  });
});
