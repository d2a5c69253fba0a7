import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import { afterEach, describe, expect, it } from "vitest";
import { WAIT_TIMEOUT_MS } from "../../test/support/timeouts.ts";
import { type ConnectionLimits, createLimitedServer } from "./connection-limits.ts";

/** Milliseconds. */
const SHORT = 300;
const UNLIMITED: ConnectionLimits = {
  headers: WAIT_TIMEOUT_MS,
  request: WAIT_TIMEOUT_MS,
  unreadAnswer: WAIT_TIMEOUT_MS,
  checkInterval: SHORT / 10,
};
/** More bytes than the operating system's buffers on both sides hold. */
const LARGE = 64 * 1_024 * 1_024;

let app: FastifyInstance;
let handled: string[];
afterEach(() => app?.close());

const start = async (limits: Partial<ConnectionLimits>): Promise<URL> => {
  handled = [];
  app = createLimitedServer({}, { ...UNLIMITED, ...limits });
  app.get("/slow", async () => {
    await delay(4 * SHORT);
    return "late";
  });
  app.get("/fast", async () => "soon");
  app.get("/large", async () => Buffer.alloc(LARGE));
  app.post("/", async ({ body }) => {
    handled.push(String(body));
    return "taken";
  });
  return new URL(await app.listen({ port: 0, host: "127.0.0.1" }));
};

// Some tests write to a connection that the server has closed.
const open = ({ hostname, port }: URL): Socket => connect(Number(port), hostname).on("error", () => {});

/** Everything received until the server closes the connection. */
const readAll = async (socket: Socket): Promise<string> => {
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk;
  });
  // The server may reset the connection instead of ending it; it is closed in both cases.
  socket.on("error", () => {});
  await new Promise((resolve) => socket.once("close", resolve));
  return text;
};

describe("a request whose response takes longer than any limit for clients", () => {
  it("is answered", async () => {
    const url = await start({ unreadAnswer: SHORT });
    expect(await (await fetch(new URL("/slow", url))).text()).toBe("late");
  });

  it("is answered after another one on the same connection", async () => {
    const socket = open(await start({ unreadAnswer: SHORT }));
    const answers = readAll(socket);
    socket.write("GET /fast HTTP/1.1\r\nhost: localhost\r\n\r\n");
    await once(socket, "data");
    socket.write("GET /slow HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    expect(await answers).toMatch(/soon[\s\S]*late/);
  });
});

describe("a client that", () => {
  const BODY = "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\ncontent-length: 60000\r\n\r\n.";

  it.each([
    ["sends nothing", { headers: SHORT }, "", ""],
    ["drips its headers", { headers: SHORT }, "POST / HTTP/1.1\r\nhost: localhost\r\n", "x-more: of it\r\n"],
    ["drips its body", { headers: SHORT, request: SHORT }, BODY, "."],
    ["stops in the middle of its body", { headers: SHORT, request: SHORT }, BODY, ""],
  ])("%s is disconnected, and its request is not handled", async (_, limits, head, drop) => {
    const socket = open(await start(limits));
    socket.write(head);
    const drip = setInterval(() => drop && socket.write(drop), SHORT / 10);
    const answer = await readAll(socket).finally(() => clearInterval(drip));
    expect(answer === "" || answer.startsWith("HTTP/1.1 408")).toBe(true);
    expect(handled).toEqual([]);
  });

  it("does not read its response is disconnected", async () => {
    const url = await start({ unreadAnswer: SHORT });
    const accepted = once(app.server, "connection");
    const socket = open(url);
    const [connection] = (await accepted) as [Socket];
    socket.write("GET /large HTTP/1.1\r\nhost: localhost\r\n\r\n");
    await once(connection, "close");
    socket.destroy();
    expect(socket.bytesRead).toBeLessThan(LARGE);
  });
});
