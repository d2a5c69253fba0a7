import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { batchWrites } from "./batch-writes.ts";

const open: { end(): unknown }[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each.end();
});

/** A batching socket, the number of its system calls, and what the other side has received. */
const connectedSocket = async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const accepted = once(server, "connection") as Promise<[Socket]>;
  const socket = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1" });
  const [peer] = await accepted;
  open.push(socket, peer, { end: () => server.close() });
  let calls = 0;
  for (const method of ["_write", "_writev"] as const) {
    const original = socket[method]?.bind(socket) as ((...args: unknown[]) => void) | undefined;
    socket[method] = (...args: unknown[]) => {
      calls += 1;
      original?.(...args);
    };
  }
  let received = "";
  peer.setEncoding("latin1").on("data", (text: string) => {
    received += text;
  });
  return { socket: batchWrites(socket), calls: () => calls, received: () => received };
};

it("sends the writes of one turn together and in order, and those of the next turn afterwards", async () => {
  const { socket, calls, received } = await connectedSocket();
  socket.write("a");
  socket.write(Buffer.from("b"));
  await Promise.resolve();
  socket.write("c");
  await expect.poll(received).toBe("abc");
  expect(calls()).toBe(1);
  await nextTurn();
  socket.write("d");
  await expect.poll(received).toBe("abcd");
  expect(calls()).toBe(2);
});

it("loses nothing if the socket ends in the same turn", async () => {
  const { socket, received } = await connectedSocket();
  socket.write("last");
  socket.end(" words");
  await expect.poll(received).toBe("last words");
});
