import { execFile } from "node:child_process";
import { mkdtemp, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterEach, describe, expect, inject, it, vi } from "vitest";
import { NetworkSet } from "#platform/geoip/network-set";
import { type HttpClientError, type HttpRequest, type Resolve, SafeHttpClient } from "#platform/http-client/index";
import { selfSignedCertificate } from "../../support/servers/certificates.ts";
import { WAIT_TIMEOUT_MS } from "../../support/timeouts.ts";

const MIB = 1_024 * 1_024;

const running: { server: Server; sockets: Set<Socket> }[] = [];
afterEach(async () => {
  for (const { server, sockets } of running.splice(0)) {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** Listens, and counts all connections. */
const listen = async (server: Server, address = "127.0.0.1") => {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on("connection", (socket) => {
    connections += 1;
    socket.on("error", () => undefined);
    sockets.add(socket);
  });
  running.push({ server, sockets });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const { port } = server.address() as AddressInfo;
  return { port, url: `http://${address}:${port}`, connections: () => connections };
};

const serve = (answer: RequestListener, address?: string) => listen(createServer(answer), address);

/** Sends these bytes unchanged on each connection. */
const serveRaw = (write: (socket: Socket) => void) => listen(createTcpServer(write));

const LOOPBACK = NetworkSet.parse("127.0.0.0/8");
/** A client that may call the test's servers. */
const inside = new SafeHttpClient({ privateNetworks: LOOPBACK });
/** A client without any setting of the operator. */
const outside = new SafeHttpClient({ privateNetworks: null });

const get = (client: SafeHttpClient, url: string, options: Partial<HttpRequest> = {}) =>
  client.request({ url: new URL(url), deadline: AbortSignal.timeout(WAIT_TIMEOUT_MS), ...options });

const failureOf = async (call: Promise<unknown>): Promise<HttpClientError> =>
  call.then(
    () => expect.unreachable("The call was answered."),
    (error: HttpClientError) => error,
  );

const expectFailure = async (call: Promise<unknown>, kind: HttpClientError["kind"]) =>
  expect(await failureOf(call)).toMatchObject({ name: "HttpClientError", kind });

describe("a response", () => {
  it("is returned unchanged: status, headers and body", async () => {
    const { url } = await serve((request, response) => {
      response.writeHead(418, { "x-seen": String(request.headers["x-asked"]) }).end(`${request.method} ${request.url}`);
    });
    const answer = await get(inside, `${url}/a;v=2/b?$top=1`, { headers: { "x-asked": "yes" } });
    expect(answer).toMatchObject({ status: 418, headers: { "x-seen": "yes" } });
    expect(answer.body.toString()).toBe("GET /a;v=2/b?$top=1");
  });

  it("is returned for a POST", async () => {
    const { url } = await serve((request, response) => void request.pipe(response));
    const { body } = await get(inside, url, { method: "POST", body: "grant_type=client_credentials&ä" });
    expect(body.toString()).toBe("grant_type=client_credentials&ä");
  });

  it("that redirects is not followed", async () => {
    const secret = await serve((_, response) => void response.end("metadata"));
    const { url } = await serve((_, response) => void response.writeHead(307, { location: secret.url }).end());
    expect(await get(inside, url)).toMatchObject({ status: 307, headers: { location: secret.url } });
    expect(secret.connections()).toBe(0);
  });

  it("comes from the host itself, whatever proxy the environment names", async () => {
    const proxy = await serve((_, response) => void response.end("proxy"));
    for (const name of ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "NODE_USE_ENV_PROXY"])
      vi.stubEnv(name, name === "NODE_USE_ENV_PROXY" ? "1" : proxy.url);
    const { url } = await serve((_, response) => void response.end("host"));
    expect((await get(inside, url)).body.toString()).toBe("host");
    vi.unstubAllEnvs();
    expect(proxy.connections()).toBe(0);
  });

  it("leaves no connection open that a call with another name could use", async () => {
    const { url, connections } = await serve((_, response) => void response.end());
    await get(inside, url);
    await get(inside, url);
    expect(connections()).toBe(2);
  });
});

describe("an address is refused, and no connection is opened,", () => {
  const SPELLINGS = [
    "127.0.0.1", "127.1", "2130706433", "017700000001", "0x7f000001", "0x7f.1", "１２７.0.0.1", "[::1]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::127.0.0.1]", "[2002:7f00:1::]", "0", "localhost",
  ]; // biome-ignore format: one list

  it.each(SPELLINGS)("if it leads to this machine: %s", async (host) => {
    const { port, connections } = await serve((_, response) => void response.end());
    await expectFailure(
      get(outside, `http://${host}:${port}/`),
      host === "localhost" ? "NAME_REFUSED" : "ADDRESS_REFUSED",
    );
    expect(connections()).toBe(0);
  });

  it.each([
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/",
    "https://10.0.0.1/",
    "http://[fe80::1]/",
  ])("as %s", async (url) => {
    await expectFailure(get(outside, url), "ADDRESS_REFUSED");
  });

  it("in every notation that a URL allows", async () => {
    const byte = fc.integer({ min: 0, max: 255 });
    const spelled = fc
      .tuple(byte, byte, byte, fc.constantFrom("decimal", "octal", "hex", "mapped"))
      .map(([b, c, d, how]) => {
        const number = 127 * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d;
        if (how === "decimal") return `${number}`;
        if (how === "octal") return `0${number.toString(8)}`;
        return how === "hex" ? `0x${number.toString(16)}` : `[::ffff:127.${b}.${c}.${d}]`;
      });
    await fc.assert(
      fc.asyncProperty(spelled, async (host) => {
        await expectFailure(get(outside, `http://${host}:1/`), "ADDRESS_REFUSED");
      }),
    );
  });

  it.each(["ftp://example.com/", "file:///etc/passwd", "gopher://127.0.0.1:25/", "data:text/plain,x"])(
    "if its scheme is not of the web: %s",
    async (url) => {
      await expectFailure(get(inside, url), "ADDRESS_REFUSED");
    },
  );

  it("if it contains a username or a password", async () => {
    const { port, connections } = await serve((_, response) => void response.end());
    for (const user of ["alice", "alice:secret", ":secret", "example.com%40"])
      await expectFailure(get(inside, `http://${user}@127.0.0.1:${port}/`), "ADDRESS_REFUSED");
    expect(connections()).toBe(0);
  });

  it("if one of a name's addresses is internal and others are not", async () => {
    const resolve: Resolve = async () => [
      { address: "1.1.1.1", family: 4 },
      { address: "fd00::1", family: 6 },
    ];
    await expectFailure(
      get(new SafeHttpClient({ privateNetworks: null, resolve }), "http://sap.test/"),
      "NAME_REFUSED",
    );
  });

  it("if the operator has allowed other networks than this one", async () => {
    const client = new SafeHttpClient({ privateNetworks: NetworkSet.parse("10.20.0.0/16") });
    await expectFailure(get(client, "http://10.21.0.1/"), "ADDRESS_REFUSED");
    await expectFailure(get(client, "http://[64:ff9b::10.21.0.1]/"), "ADDRESS_REFUSED");
  });
});

describe("a name that resolves differently the second time", () => {
  /** Returns each address once, and the last one from then on. */
  const rebinding = (...addresses: readonly string[]) => {
    const asked: string[] = [];
    const resolve: Resolve = async (hostname) => {
      const address = addresses[Math.min(asked.length, addresses.length - 1)] ?? "";
      asked.push(hostname);
      return [{ address, family: 4 }];
    };
    return { asked, resolve };
  };

  it("is connected to at the address that was checked, and resolved once", async () => {
    const checked = await serve((request, response) => void response.end(request.headers.host), "127.0.0.2");
    const trap = createServer((_, response) => void response.end("trap"));
    running.push({ server: trap, sockets: new Set() });
    await new Promise<void>((resolve) => trap.listen(checked.port, "127.0.0.1", resolve));
    const { asked, resolve } = rebinding("127.0.0.2", "127.0.0.1");
    const client = new SafeHttpClient({ privateNetworks: NetworkSet.parse("127.0.0.2"), resolve });
    const { body } = await get(client, `http://sap.example.test:${checked.port}/`);
    expect(body.toString()).toBe(`sap.example.test:${checked.port}`);
    expect(asked).toEqual(["sap.example.test"]);
    // The next call sees the new address.
    await expectFailure(get(client, `http://sap.example.test:${checked.port}/`), "NAME_REFUSED");
  });

  it("is tried at its next address if the first one does not respond", async () => {
    const { port } = await serve((_, response) => void response.end("alive"), "127.0.0.2");
    const resolve: Resolve = async () => ["127.0.0.3", "127.0.0.2"].map((address) => ({ address, family: 4 }));
    const client = new SafeHttpClient({ privateNetworks: LOOPBACK, resolve });
    expect((await get(client, `http://sap.example.test:${port}/`)).body.toString()).toBe("alive");
  });
});

describe("TLS", () => {
  it("uses the name for verification while connecting to an address, and refuses an untrusted certificate", async () => {
    const names: string[] = [];
    let requests = 0;
    const server = createTlsServer(
      {
        ...selfSignedCertificate("sap.example.test"),
        SNICallback: (name, done) => {
          names.push(name);
          done(null);
        },
      },
      () => {
        requests += 1;
      },
    );
    server.on("tlsClientError", () => undefined);
    const { port } = await listen(server);
    const resolve: Resolve = async () => [{ address: "127.0.0.1", family: 4 }];
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    const client = new SafeHttpClient({ privateNetworks: LOOPBACK, resolve });
    const failure = await failureOf(get(client, `https://sap.example.test:${port}/`));
    vi.unstubAllEnvs();
    expect(failure).toMatchObject({ kind: "UNREACHABLE", cause: { code: "DEPTH_ZERO_SELF_SIGNED_CERT" } });
    expect({ names, requests }).toEqual({ names: ["sap.example.test"], requests: 0 });
  });
});

describe("TLS with a trusted certificate", () => {
  it("is accepted for the name in the certificate, and for no other", async () => {
    const certificate = selfSignedCertificate("sap.example.test");
    const { port } = await listen(createTlsServer(certificate, (_, response) => void response.end("SAP")));
    const folder = await mkdtemp(join(inject("runDirectory"), "ca-"));
    await writeFile(join(folder, "ca.pem"), certificate.cert);
    const program = fileURLToPath(new URL("./call-names.ts", import.meta.url));
    const names = ["sap.example.test", "other.example.test"];
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--import", "tsx", program, String(port), ...names],
      { env: { PATH: process.env.PATH, NODE_EXTRA_CA_CERTS: join(folder, "ca.pem") } },
    );
    expect(stdout).toBe("sap.example.test: SAP\nother.example.test: ERR_TLS_CERT_ALTNAME_INVALID\n");
  });
});

describe("a server that does not respond", () => {
  it("is unreachable: unknown name, closed port, not HTTP", async () => {
    const unknown = new SafeHttpClient({
      privateNetworks: null,
      resolve: () => Promise.reject(new Error("ENOTFOUND")),
    });
    await expectFailure(get(unknown, "http://sap.example.test/"), "UNREACHABLE");
    const nameless = new SafeHttpClient({ privateNetworks: null, resolve: async () => [] });
    await expectFailure(get(nameless, "http://sap.example.test/"), "UNREACHABLE");
    await expectFailure(get(inside, "http://127.0.0.1:1/"), "UNREACHABLE");
    for (const bytes of [
      "220 smtp.example.test ESMTP\r\n",
      "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
      "",
    ]) {
      const { url } = await serveRaw((socket) => void socket.end(bytes));
      await expectFailure(get(inside, url), "UNREACHABLE");
    }
  });

  it("is unreachable if it closes the connection in the middle", async () => {
    const { url } = await serveRaw((socket) => void socket.end("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"));
    await expectFailure(get(inside, url), "UNREACHABLE");
  });

  const SLOW: Record<string, (socket: Socket) => void> = {
    "that sends nothing": () => undefined,
    "that sends its headers slowly": (socket) => drip(socket, "HTTP/1.1 200 OK\r\nx: ", "a"),
    "that sends its body slowly": (socket) => drip(socket, "HTTP/1.1 200 OK\r\ncontent-length: 10000\r\n\r\n", "a"),
    "that only sends early hints": (socket) => drip(socket, "", "HTTP/1.1 103 Early Hints\r\n\r\n"),
  };
  const drip = async (socket: Socket, head: string, drop: string) => {
    socket.write(head);
    while (!socket.destroyed) {
      socket.write(drop);
      await delay(10);
    }
  };

  it.each(Object.entries(SLOW))("is disconnected after the deadline, like one %s", async (_, write) => {
    const { url } = await serveRaw((socket) => {
      socket.on("error", () => undefined);
      write(socket);
    });
    // Without the deadline, this would never end.
    await expectFailure(get(inside, url, { deadline: AbortSignal.timeout(200) }), "TIMED_OUT");
  });

  it("is given up after the deadline during the name lookup, too", async () => {
    const client = new SafeHttpClient({ privateNetworks: null, resolve: () => new Promise(() => undefined) });
    await expectFailure(get(client, "http://sap.test/", { deadline: AbortSignal.timeout(50) }), "TIMED_OUT");
    await expectFailure(get(client, "http://sap.test/", { deadline: AbortSignal.abort() }), "TIMED_OUT");
  });
});

describe("a response that is too large is cut off", () => {
  /** Writes as long as the other side reads, at most 100 MB, and returns the number of bytes. */
  const flood = async (head: string, chunk: string) => {
    let written = 0;
    const { url } = await serveRaw((socket) => {
      socket.on("error", () => undefined);
      socket.write(head);
      const more = () => {
        while (!socket.destroyed && written < 100 * MIB) {
          written += chunk.length;
          if (!socket.write(chunk)) return;
        }
      };
      socket.on("drain", more);
      more();
    });
    return { url, written: () => written };
  };

  it("if it declares 100 MB, before the body is read", async () => {
    const { url } = await flood(`HTTP/1.1 200 OK\r\ncontent-length: ${100 * MIB}\r\n\r\n`, "a".repeat(64 * 1_024));
    await expectFailure(get(inside, url), "TOO_LARGE");
  });

  it("if it does not declare its 100 MB, while the body is read", async () => {
    const { url, written } = await flood("HTTP/1.1 200 OK\r\n\r\n", "a".repeat(64 * 1_024));
    await expectFailure(get(inside, url), "TOO_LARGE");
    expect(written()).toBeLessThan(50 * MIB);
  });

  it("if its headers do not end", async () => {
    const { url, written } = await flood("HTTP/1.1 200 OK\r\n", `x-more: ${"a".repeat(1_000)}\r\n`);
    await expectFailure(get(inside, url), "TOO_LARGE");
    expect(written()).toBeLessThan(50 * MIB);
  });

  it("to the byte, and not before", async () => {
    const { url } = await serve((_, response) => void response.end("a".repeat(1_000)));
    expect((await get(inside, url, { maxBytes: 1_000 })).body.length).toBe(1_000);
    await expectFailure(get(inside, url, { maxBytes: 999 }), "TOO_LARGE");
  });

  it("without being decompressed: a compressed response was not requested, and is refused", async () => {
    const bomb = gzipSync(Buffer.alloc(20 * MIB));
    let accepted: unknown;
    const { url } = await serve((request, response) => {
      accepted = request.headers["accept-encoding"];
      response.writeHead(200, { "content-encoding": "gzip" }).end(bomb);
    });
    await expectFailure(get(inside, url), "UNREACHABLE");
    expect(accepted).toBe("identity");
  });
});

it("reports errors without the URL and the request's content", async () => {
  const failure = await failureOf(
    get(outside, "http://127.0.0.1/?token=canary", { headers: { authorization: "Bearer canary" } }),
  );
  expect(`${failure.message} ${failure.stack} ${JSON.stringify(failure)}`).not.toMatch(/canary|127\.0\.0\.1/);
});
